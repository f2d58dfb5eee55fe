/* Rows as comma-separated values. A text that a table calculator would take for a formula is quoted as text. */
function csvOf(rows) {
  const safe = (value) => (typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? ""));
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => row.map((value) => quoted(safe(value))).join(",")).join("\r\n") + "\r\n";
}
