"""Verbs on measurements: the accuracy of predictions, fitted factors, and measuring."""

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
    from reportgen.fit.records import Defaults

__all__ = ["accuracy", "calibrate", "measure"]


def accuracy(
    path: str | Path, calibration: str | Path | None = None, *, defaults: Defaults | None = None, library: Folders = ()
) -> Accuracy:
    """Predict every row of a file of measurements and return the errors by metric, load, engine, device and so on.

    `calibration` is a file written by `calibrate`; by default the library's own factors apply. `defaults` states what a
    benchmark's result file omits.

    Raises:
        SpecError: the file cannot be read.
    """
    from reportgen.fit.accuracy import accuracy as compare
    from reportgen.fit.benchmarks import read_measurements
    from reportgen.fit.configuration import Books

    overlays = (*folders(library), *([] if calibration is None else [str(calibration)]))
    read, unread = read_measurements(Path(path), defaults)
    return compare(read, unread, Books(overlays))


def calibrate(
    path: str | Path,
    title: str = "",
    source: str = "",
    progress: Callable[[str], None] | None = None,
    *,
    defaults: Defaults | None = None,
    library: Folders = (),
) -> tuple[Calibration, str]:
    """Fit the efficiency factors to a file of measurements; return the fit, and the text of a calibration file.

    Raises:
        SpecError: the file cannot be read, or its measurements do not support a fit.
    """
    from reportgen.fit.benchmarks import read_measurements
    from reportgen.fit.calibrate import calibrate as fit
    from reportgen.fit.configuration import measured_book
    from reportgen.fit.write import calibration_text

    book = measured_book(tuple(folders(library)))
    read, unread = read_measurements(Path(path), defaults)
    fitted = fit(read, unread, progress or silent, book)
    return fitted, calibration_text(fitted, book, source or Path(path).name, title)


def measure(
    device: int = 0,
    accelerator: str = "",
    *,
    quick: bool = False,
    progress: Callable[[str], None] | None = None,
    library: Folders = (),
) -> tuple[Measured, str]:
    """Time kernels on a device of this machine; return the efficiency factors, and the text of a calibration file.

    `accelerator` names the device if the catalogue does not list the name that the device reports.

    Raises:
        SpecError: the device does not exist, or is not in the catalogue.
        OutputError: PyTorch is not installed, or finds no device.
    """
    from reportgen.fit.measure import calibration_text, load_torch
    from reportgen.fit.measure import measure as time_kernels

    measured = time_kernels(
        load_torch(), catalog("accelerators", library), device=device, accelerator=accelerator, quick=quick,
        progress=progress or silent,
    )  # fmt: skip
    return measured, calibration_text(measured)
