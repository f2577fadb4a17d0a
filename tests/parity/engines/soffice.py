"""The process of LibreOffice: started with a profile of its own, connected to, ended for certain."""

from __future__ import annotations

import os
import pathlib
import subprocess
import time

FRESH_PROFILE = 81  # soffice.bin has made its profile and wants to be started again


class RequestError(Exception):
    """What the caller asked for cannot be done."""


class Soffice:
    """One process of LibreOffice with a profile of its own."""

    def __init__(self, binary: str, folder: str, limit: float) -> None:
        self.binary, self.folder, self.limit = binary, pathlib.Path(folder), limit
        self.pipe = f"reportgen{os.getpid()}"
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start the program itself: its wrappers outlive it."""
        # UNO sets variables of this process behind Python's back, which would mislead LibreOffice.
        environment = {
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PATH": "/usr/bin:/bin",
            "SAL_USE_VCLPLUGIN": "svp",
            "TMPDIR": str(self.folder),
            "TZ": "UTC",
        }
        options = ["--headless", "--invisible", "--nodefault", "--nofirststartwizard", "--nolockcheck", "--nologo"]
        command = [
            self.binary,
            *options,
            "--norestore",
            f"-env:UserInstallation={(self.folder / 'profile').as_uri()}",
            f"--accept=pipe,name={self.pipe};urp;",
        ]
        log = (self.folder / "soffice.log").open("ab")
        with log:
            return subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder
            )

    def desktop(self) -> object:
        """The connection's root object, as soon as LibreOffice answers."""
        import uno
        from com.sun.star.connection import NoConnectException

        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        end = time.monotonic() + self.limit
        while time.monotonic() < end:
            try:
                context = resolver.resolve(f"uno:pipe,name={self.pipe};urp;StarOffice.ComponentContext")
                return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
            except NoConnectException:
                time.sleep(0.05)
            code = self.process.poll()
            if code == FRESH_PROFILE:
                self.process = self.start()
            elif code is not None:
                said = (self.folder / "soffice.log").read_text("utf-8", "replace")[-500:]
                raise RequestError(f"LibreOffice ended with status {code}: {said}")
        raise RequestError(f"LibreOffice did not answer within {self.limit:.0f} s")

    def end(self) -> None:
        """End the process, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        # A process that was killed leaves its end of the connection behind.
        pathlib.Path(f"/tmp/OSL_PIPE_{os.getuid()}_{self.pipe}").unlink(missing_ok=True)  # noqa: S108 - its place
