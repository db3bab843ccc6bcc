"""The wheel alone works: default configuration and pages are inside, and all three packages."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True
    )
    [built] = folder.glob("*.whl")
    return built


def test_everything_that_is_needed_is_inside(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    web = ROOT / "kapmonitor" / "web"
    pages = {
        f"kapmonitor/web/{each.relative_to(web)}"
        for folder in ("static", "templates")
        for each in (web / folder).rglob("*.*")
    }
    assert pages
    assert pages <= inside
    assert {
        "kapmonitor/_config/alarms.toml",
        "kapmonitor/_config/clinic.example.toml",
        "kapmonitor/py.typed",
        "drivers/contec_cms50.py",
        "simulators/contec_cms50.py",
        "simulators/scenarios/uneventful.toml",
    } <= inside
    assert not [name for name in inside if name.startswith("tests")]


async def test_it_runs_the_demo_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """A new environment with the wheel; its dependencies are lent from here, this checkout is not."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    with zipfile.ZipFile(wheel) as unpacked:
        unpacked.extractall(site)
    (Path(site) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    (tmp_path / "empty").mkdir()
    demo = await asyncio.create_subprocess_exec(
        python,
        "-u",
        "-c",
        "import kapmonitor, sys; print(kapmonitor.__file__); "
        "from kapmonitor.__main__ import main; sys.argv = ['kapmonitor', 'demo', '--port', '0']; main()",
        cwd=tmp_path / "empty",
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        assert demo.stdout is not None
        lines: list[str] = []
        while not any(line.startswith("dashboard:") for line in lines):
            line = (await demo.stdout.readline()).decode()
            assert line, lines
            lines.append(line)
        assert lines[0].startswith(site)
    finally:
        demo.terminate()
        await demo.communicate()


@pytest.mark.parametrize(
    "verb", [["decode", "--list"], ["devices"], ["check-config", "config/clinic.example.toml"]]
)
def test_without_the_extras_everything_else_works(verb: list[str]) -> None:
    """A clinic installs neither simulators nor the demo's broker."""
    done = _without_bumble(verb)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", [["demo"], ["simulate", "--config", "config/simulated.toml"]])
def test_without_the_extras_the_demo_says_what_to_install(verb: list[str]) -> None:
    done = _without_bumble(verb)
    assert done.returncode == 2
    assert "pip install 'kapmonitor[simulate]'" in done.stderr
    assert "Traceback" not in done.stderr


def _without_bumble(verb: list[str]) -> subprocess.CompletedProcess[str]:
    hide = (
        "import sys, importlib.util as u; found = u.find_spec; "
        "u.find_spec = lambda name, *a: None if name == 'bumble' else found(name, *a); "
        "sys.modules['bumble'] = None; "
        f"sys.argv = ['kapmonitor', *{verb!r}]; from kapmonitor.__main__ import main; main()"
    )
    return subprocess.run([sys.executable, "-c", hide], cwd=ROOT, capture_output=True, text=True, check=False)
