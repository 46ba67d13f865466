# SPDX-License-Identifier: MIT
"""What `meson install` installs, in a folder instead of /, is enough to build and run an example.

$BUILD_DIR is the build, $CC its compiler, $VERSION the project's.
"""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.examples import BUILD, ROOT, Program, check_chat  # noqa: E402

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

    @unittest.skipUnless(shutil.which("pkg-config"), "no pkg-config")
    def test_pkg_config(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.library / "pkgconfig"),
                       "PKG_CONFIG_SYSROOT_DIR": str(self.root)}
        self.assertEqual(run("pkg-config", "--modversion", "hawser", env=environment).strip(),
                         os.environ["VERSION"])
        flags = run("pkg-config", "--cflags", "--libs", "hawser", env=environment)
        program = self.work("pkg-config") / "chat"
        run(*shlex.split(os.environ["CC"]), "-std=c11", CHAT, *shlex.split(flags),
            f"-Wl,-rpath,{self.library}", "-o", program)
        check_chat(Program(program))

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
