"""Eight numbers that move together: an explicit vector for Numba kernels.

Numba leaves it to LLVM to guess which loops become vector instructions, and its wheel has no vector mathematics.
`Lanes` says it outright: a value of eight floats in one register (two on processors with half the width), loaded from
and stored to flat contiguous arrays. What is computed, and in which order, is then fixed by the source, not by a
compiler's heuristics, so results repeat bit for bit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 8
_INTEGER_OF = {types.float64: ir.IntType(64), types.float32: ir.IntType(32)}
_FLOAT_OF = {types.float64: ir.DoubleType(), types.float32: ir.FloatType()}


class Lanes(types.Type):  # type: ignore[misc]
    """Numba type of `WIDTH` floats of one dtype."""

    def __init__(self, dtype: types.Float) -> None:
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype})")


def _vector(dtype: types.Float) -> ir.VectorType:
    return ir.VectorType(_FLOAT_OF[dtype], WIDTH)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, lanes: Lanes) -> None:
        super().__init__(manager, lanes, _vector(lanes.dtype))


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _vector(array_type.dtype).as_pointer())


def _align(dtype: types.Float) -> int:
    return int(dtype.bitwidth) // 8


def _copied(builder: Any, value: Any) -> Any:
    """A vector of eight times the same value."""
    vector = ir.VectorType(value.type, WIDTH)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), mask)


@intrinsic  # type: ignore[untyped-decorator]
def load(_: Any, array: Any, index: Any) -> Any:  # noqa: ARG001 - read in `emit`, as a value
    """Eight neighbours of a flat array from `index` on."""

    def emit(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, array, args[0], args[1])
        return builder.load(pointer, align=_align(array.dtype))

    return Lanes(array.dtype)(array, types.intp), emit


@intrinsic  # type: ignore[untyped-decorator]
def store(_: Any, array: Any, index: Any, value: Any) -> Any:  # noqa: ARG001 - read in `emit`, as a value
    """Write eight neighbours of a flat array from `index` on."""

    def emit(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, array, args[0], args[1])
        builder.store(args[2], pointer, align=_align(array.dtype))
        return context.get_dummy_value()

    return types.void(array, types.intp, value), emit


def _operand(context: Any, builder: Any, kind: Any, value: Any, dtype: types.Float) -> Any:
    """A vector as it is, a number copied to every lane."""
    if isinstance(kind, Lanes):
        return value
    return _copied(builder, context.cast(builder, value, kind, dtype))


def _dtype(*kinds: Any) -> types.Float | None:
    return next((kind.dtype for kind in kinds if isinstance(kind, Lanes)), None)


def _elementwise(emit_vectors: Callable[..., Any], result: Callable[..., Any]) -> Callable[..., Any]:
    """Code generator of an operation on lanes, where plain numbers stand for eight equal ones."""

    def describe(*kinds: Any) -> Any:
        dtype = _dtype(*kinds)

        def emit(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            vectors = [_operand(context, builder, kind, arg, dtype) for kind, arg in zip(kinds, args, strict=True)]
            return emit_vectors(builder, *vectors)

        return result(dtype)(*kinds), emit

    return describe


@intrinsic  # type: ignore[untyped-decorator]
def multiply_add(_: Any, a: Any, b: Any, c: Any) -> Any:
    """`a * b + c`, in one rounding where the processor has it."""

    def emit(builder: Any, x: Any, y: Any, z: Any) -> Any:
        name = f"llvm.fmuladd.v{WIDTH}f{64 if isinstance(x.type.element, ir.DoubleType) else 32}"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(x.type, [x.type] * 3), name)
        return builder.call(function, [x, y, z])

    return _elementwise(emit, Lanes)(a, b, c)


@intrinsic  # type: ignore[untyped-decorator]
def at_most(_: Any, a: Any, bound: Any) -> Any:
    """The smaller of `a` and `bound`; NaN stays NaN."""
    return _elementwise(lambda builder, x, y: builder.select(builder.fcmp_ordered(">", x, y), y, x), Lanes)(a, bound)


@intrinsic  # type: ignore[untyped-decorator]
def at_least(_: Any, a: Any, bound: Any) -> Any:
    """The larger of `a` and `bound`; NaN stays NaN."""
    return _elementwise(lambda builder, x, y: builder.select(builder.fcmp_ordered("<", x, y), y, x), Lanes)(a, bound)


@intrinsic  # type: ignore[untyped-decorator]
def power_of_two(_: Any, shifted: Any) -> Any:
    """`2**k`, where the low bits of `shifted` hold the integer k: they move into the exponent."""
    mantissa, bias = (52, 1023) if shifted.dtype == types.float64 else (23, 127)

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        integers = ir.VectorType(_INTEGER_OF[shifted.dtype], WIDTH)
        exponent = builder.add(builder.bitcast(args[0], integers), ir.Constant(integers, [bias] * WIDTH))
        bits = builder.shl(exponent, ir.Constant(integers, [mantissa] * WIDTH))
        return builder.bitcast(bits, args[0].type)

    return Lanes(shifted.dtype)(shifted), emit


@intrinsic  # type: ignore[untyped-decorator]
def gather(_: Any, array: Any, indices: Any, at: Any) -> Any:  # noqa: ARG001 - read in `emit`, as a value
    """The eight numbers of `array` at the positions `indices[at : at + WIDTH]`."""

    def emit(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        data = context.make_array(array)(context, builder, args[0]).data
        positions = context.make_array(indices)(context, builder, args[1]).data
        vector, number, wide = _vector(array.dtype), _FLOAT_OF[array.dtype], ir.IntType(64)
        narrow = ir.VectorType(ir.IntType(32), WIDTH)
        first = builder.bitcast(builder.gep(positions, [args[2]]), narrow.as_pointer())
        offsets = builder.zext(builder.load(first, align=4), ir.VectorType(wide, WIDTH))
        offsets = builder.mul(offsets, ir.Constant(offsets.type, [_align(array.dtype)] * WIDTH))
        places = builder.add(_copied(builder, builder.ptrtoint(data, wide)), offsets)
        pointers = builder.inttoptr(places, ir.VectorType(number.as_pointer(), WIDTH))
        every = ir.Constant(ir.VectorType(ir.IntType(1), WIDTH), [1] * WIDTH)
        align = ir.Constant(ir.IntType(32), _align(array.dtype))
        name = f"llvm.masked.gather.v{WIDTH}f{array.dtype.bitwidth}.v{WIDTH}p0f{array.dtype.bitwidth}"
        kind = ir.FunctionType(vector, [pointers.type, align.type, every.type, vector])
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(function, [pointers, align, every, ir.Constant(vector, ir.Undefined)])

    return Lanes(array.dtype)(array, indices, types.intp), emit


def _transposed(builder: Any, vectors: list[Any]) -> list[Any]:
    """Rows become columns: three rounds in which vectors at distance 1, 2 and 4 exchange halves."""
    for distance in (1, 2, 4):
        low = [p if not p & distance else WIDTH + p - distance for p in range(WIDTH)]
        high = [p + distance if not p & distance else WIDTH + p for p in range(WIDTH)]
        masks = [ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), mask) for mask in (low, high)]
        for first in range(WIDTH):
            if not first & distance:
                pair = vectors[first], vectors[first + distance]
                vectors[first], vectors[first + distance] = (builder.shuffle_vector(*pair, mask) for mask in masks)
    return vectors


@intrinsic  # type: ignore[untyped-decorator]
def store_transposed(_: Any, source: Any, at: Any, out: Any, to: Any, stride: Any, count: Any) -> Any:  # noqa: ARG001
    """Of eight vectors from `source[at:]` on, write lane l of all to `out[to + l * stride:]`, for l < count."""

    def emit(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        index = args[1].type
        rows = []
        for number in range(WIDTH):
            place = builder.add(args[1], ir.Constant(index, number * WIDTH))
            pointer = _pointer(context, builder, source, args[0], place)
            rows.append(builder.load(pointer, align=_align(source.dtype)))
        for number, vector in enumerate(_transposed(builder, rows)):
            with builder.if_then(builder.icmp_signed("<", ir.Constant(index, number), args[5]), likely=True):
                place = builder.add(args[3], builder.mul(args[4], ir.Constant(index, number)))
                builder.store(vector, _pointer(context, builder, out, args[2], place), align=_align(out.dtype))
        return context.get_dummy_value()

    return types.void(source, types.intp, out, types.intp, types.intp, types.intp), emit


def _binary(symbol: Any, instruction: str) -> None:
    @intrinsic  # type: ignore[untyped-decorator]
    def operation(_: Any, a: Any, b: Any) -> Any:
        return _elementwise(lambda builder, x, y: getattr(builder, instruction)(x, y), Lanes)(a, b)

    @overload(symbol, strict=False)  # type: ignore[untyped-decorator]
    def choose(a: Any, b: Any) -> Any:
        if _dtype(a, b) is None:
            return None
        return lambda a, b: operation(a, b)


for _symbol, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _binary(_symbol, _instruction)
