"""Verbs on measurements: how well predictions agree, factors fitted to them, and measuring itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.api.shared import folders, silent
from reportgen.api.verbs import catalog

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.api.shared import Folders
    from reportgen.fit.accuracy import Accuracy
    from reportgen.fit.calibrate import Calibration
    from reportgen.fit.measure import Measured
    from reportgen.fit.records import Given

__all__ = ["accuracy", "calibrate", "measure"]


def accuracy(
    path: str | Path, calibration: str | Path | None = None, *, given: Given | None = None, library: Folders = ()
) -> Accuracy:
    """Predict every row of a file of measurements and compare; the errors by metric, load, engine, device and so on.

    `calibration` is a file that `calibrate` wrote; without it the library's own factors hold. `given` says what a
    benchmark's result file leaves open.

    Raises:
        SpecError: the file cannot be read.
    """
    from reportgen.fit.accuracy import accuracy as compare
    from reportgen.fit.benchmarks import read_measurements
    from reportgen.fit.configuration import Books

    overlays = (*folders(library), *([] if calibration is None else [str(calibration)]))
    read, unread = read_measurements(Path(path), given)
    return compare(read, unread, Books(overlays))


def calibrate(
    path: str | Path,
    title: str = "",
    source: str = "",
    progress: Callable[[str], None] | None = None,
    *,
    given: Given | None = None,
    library: Folders = (),
) -> tuple[Calibration, str]:
    """Fit the efficiency factors to a file of measurements; the fit, and the text of a calibration file.

    Raises:
        SpecError: the file cannot be read, or its measurements do not support a fit.
    """
    from reportgen.fit.benchmarks import read_measurements
    from reportgen.fit.calibrate import calibrate as fit
    from reportgen.fit.configuration import measured_book
    from reportgen.fit.write import calibration_text

    book = measured_book(tuple(folders(library)))
    read, unread = read_measurements(Path(path), given)
    found = fit(read, unread, progress or silent, book)
    return found, calibration_text(found, book, source or Path(path).name, title)


def measure(
    device: int = 0,
    accelerator: str = "",
    *,
    quick: bool = False,
    progress: Callable[[str], None] | None = None,
    library: Folders = (),
) -> tuple[Measured, str]:
    """Time kernels on a device of this machine; the efficiency factors, and the text of a calibration file.

    `accelerator` says what the device is where the catalogue does not know the name that it gives itself.

    Raises:
        SpecError: there is no such device, or it is not in the catalogue.
        OutputError: PyTorch is not installed, or finds no device.
    """
    from reportgen.fit.measure import calibration_text, load_torch
    from reportgen.fit.measure import measure as time_kernels

    found = time_kernels(
        load_torch(), catalog("accelerators", library), device=device, accelerator=accelerator, quick=quick,
        progress=progress or silent,
    )  # fmt: skip
    return found, calibration_text(found)
