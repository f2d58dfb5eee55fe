"""Makes the second device known before any test runs: autograd counts devices once a process, when it first works."""

from tests.language.second_device import registered

registered()
