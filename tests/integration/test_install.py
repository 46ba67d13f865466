# SPDX-License-Identifier: MIT
"""What `meson install` installs, in a folder instead of /, is enough to build and run an example.

$BUILD_DIR is the build, $CC its compiler, $VERSION the project's, $HAWSER the command.
"""
import os
import pathlib
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.certificates import Certificates  # noqa: E402
from lib.examples import BUILD, ROOT, Program, check_chat  # noqa: E402
from lib.hawser import Server  # noqa: E402

CHAT = ROOT / "examples" / "chat.c"
CMAKE = """cmake_minimum_required(VERSION 3.16)
project(chat C)
find_package(hawser {version} REQUIRED)
add_executable(chat {chat})
target_link_libraries(chat PRIVATE hawser::hawser)
"""


def run(*command, **more):
    """Runs it to its end, which must be a good one; its stdout."""
    done = subprocess.run(command, capture_output=True, text=True, **more)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.folder.name, "root")
        run("meson", "install", "-C", BUILD, "--destdir", cls.root, "--no-rebuild")
        cls.library = next(cls.root.rglob("libhawser.so")).parent

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def work(self, name):
        path = pathlib.Path(self.folder.name, name)
        path.mkdir()
        return path

    def test_headers_are_all_there(self):
        installed = next(self.root.rglob("hawser.h")).parent
        self.assertEqual(sorted(path.name for path in installed.iterdir()),
                         sorted(path.name for path in (ROOT / "include/hawser").iterdir()))

    def test_manual_is_all_there(self):
        installed = next(self.root.rglob("hawser.1")).parent
        self.assertEqual(sorted(path.name for path in installed.iterdir()),
                         sorted(path.name for path in (ROOT / "man").glob("*.1")))

    def flags(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.library / "pkgconfig"),
                       "PKG_CONFIG_SYSROOT_DIR": str(self.root)}
        self.assertEqual(run("pkg-config", "--modversion", "hawser", env=environment).strip(),
                         os.environ["VERSION"])
        return shlex.split(run("pkg-config", "--cflags", "--libs", "hawser", env=environment))

    def compile(self, source):
        program = self.work(source.stem) / source.stem
        run(*shlex.split(os.environ["CC"]), "-std=c11", source, *self.flags(),
            f"-Wl,-rpath,{self.library}", "-o", program)
        return program

    @unittest.skipUnless(shutil.which("pkg-config"), "no pkg-config")
    def test_pkg_config(self):
        check_chat(Program(self.compile(CHAT)))

    @unittest.skipUnless(shutil.which("pkg-config"), "no pkg-config")
    def test_the_client_of_the_readme(self):
        """As it is written there, with a server whose authority is a private one."""
        blocks = re.findall(r"^```c\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
        text = next(block for block in blocks if "hws_connect(" in block)
        self.assertLessEqual(text.count("\n"), 25)
        source = pathlib.Path(self.folder.name, "readme.c")
        source.write_text(text)
        program = self.compile(source)
        with Certificates() as made:
            pair = made.leaf("good", "DNS:localhost")
            with Server("--certificate", pair, listen="https://localhost:0") as server:
                self.assertEqual(self.first_line(program, f"wss://localhost:{server.port}/echo",
                                                 made.authority), "hello")

    def first_line(self, *command):
        """On a terminal, where lines are written when they end; then Ctrl-C, which ends it well."""
        ours, its = pty.openpty()
        process = subprocess.Popen(command, stdout=its)
        os.close(its)
        line = os.fdopen(ours, "rb", buffering=0).read(100).decode().strip()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 0)
        return line

    @unittest.skipUnless(shutil.which("cmake"), "no cmake")
    def test_cmake(self):
        work = self.work("cmake")
        (work / "CMakeLists.txt").write_text(
            CMAKE.format(version=os.environ["VERSION"], chat=CHAT))
        config = next(self.root.rglob("hawserConfig.cmake")).parent
        compiler = shlex.split(os.environ["CC"])[-1]
        run("cmake", "-S", work, "-B", work / "build", f"-Dhawser_DIR={config}",
            f"-DCMAKE_C_COMPILER={compiler}")
        run("cmake", "--build", work / "build")
        check_chat(Program(work / "build" / "chat"))


if __name__ == "__main__":
    unittest.main()
