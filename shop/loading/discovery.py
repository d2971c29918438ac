"""Looks for plugins in folders and among installed packages: `find(config) -> Found`.

One that cannot be used is named with the reason and, where there is one, the line of its file; it
keeps no other from being found.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import re
import sys
import traceback
import types
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakSet

from shop import i18n
from shop.bundled import bundled
from shop.config import Config
from shop.errors import ShopError
from shop.loading import plugincheck
from shop.loading.plugincheck import near
from shop.models import CORE
from shop.plugin import API, Plugin

NAMESPACE = "shop_plugins"
NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
GROUP = "shop.plugins"
"""the entry points of installed packages"""
TAKEN = {"core", "catalogue", "main"}
"""what a source, a job or a pool is called that is no plugin's"""


class Misfit(ShopError):
    """A class that is not as a plugin's should be; it says where."""


_sound: WeakSet[type[Plugin]] = WeakSet()
"""classes in which nothing was found: they are looked at once"""
under_test: list[Path] = []
"""folders that are searched whatever a file says: `shop.testing` adds those it runs tests of"""


@dataclass
class Found:
    """`installed` classes and `broken` reasons by name; `origin` is bundled, folder, package or
    given; `problems` are the file's."""

    folder: Path
    installed: dict[str, type[Plugin]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, kind: type[Plugin], origin: str) -> None:
        name = _checked(kind, self.folder)
        other = self.installed.get(name)
        if other is kind:
            return
        if other or name in self.broken:
            self.installed.pop(name, None)
            first, second = self.origin[name], f"{origin} {near(kind.folder, self.folder)}"
            self.broken[name] = f"found twice: {first} and {second}"
            return
        if kind.folder:
            i18n.add_folder(kind.folder / "locale")
        self.installed[name] = kind
        self.origin[name] = f"{origin} {near(kind.folder, self.folder)}"

    @contextmanager
    def naming(self, name: str, home: Path | None, origin: str) -> Iterator[None]:
        """Whatever is raised inside is why the plugin `name` is broken."""
        try:
            yield
        except (Exception, SystemExit) as error:
            self.installed.pop(name, None)
            self.broken[name] = reason(error, home, self.folder)
            self.origin.setdefault(name, f"{origin} {near(home, self.folder)}".strip())


def find(config: Config, given: Iterable[type[Plugin]] = ()) -> Found:
    """All there are: `given` classes, the bundled folder, the folders of the file, packages."""
    found = Found(config.folder)
    for kind in given:
        with found.naming(getattr(kind, "name", kind.__name__), kind.folder, "given"):
            found.add(kind, "given")
    folders = [config.path(name) for name in config.plugins]
    for name, folder in zip(config.plugins, folders, strict=True):
        if not folder.is_dir():
            found.problems.append(f"shop.plugins: there is no folder {name}")
    namespace(folders)
    ours = bundled("plugins").resolve()
    for folder in dict.fromkeys(path.resolve() for path in [ours, *folders, *under_test]):
        origin = "bundled" if folder == ours else "folder"
        for path in sorted(folder.glob("*/plugin.py")):
            with found.naming(path.parent.name, path.parent, origin):
                found.add(_class_in(path), origin)
    for point in importlib.metadata.entry_points(group=GROUP):
        with found.naming(point.name, None, "package"):
            kind = point.load()
            kind.folder = Path(inspect.getfile(kind)).parent
            found.add(kind, "package")
    return found


def namespace(folders: Iterable[Path] = ()) -> None:
    """Make `import shop_plugins.<name>` find the bundled plugins, those of `folders`, those under
    test and those installed as packages."""
    space = sys.modules.setdefault(NAMESPACE, types.ModuleType(NAMESPACE))
    packages = [path for path in (Path(entry) / NAMESPACE for entry in sys.path) if path.is_dir()]
    wanted = [bundled("plugins"), *folders, *under_test, *packages]
    space.__path__ = list(dict.fromkeys(str(folder) for folder in wanted))
    importlib.invalidate_caches()


def reason(error: BaseException, home: Path | None, base: Path) -> str:
    """`ModuleNotFoundError: No module named 'x' (mine/stamps/plugin.py:3)`."""
    if isinstance(error, SyntaxError) and error.filename:
        words = f"{type(error).__name__}: {error.msg}"
        return f"{words} ({near(Path(error.filename), base)}:{error.lineno})"
    if isinstance(error, Misfit):
        return str(error)
    words = str(error) if type(error) is ShopError else f"{type(error).__name__}: {error}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if home and Path(frame.filename).resolve().is_relative_to(home.resolve()):
            return f"{words} ({near(Path(frame.filename), base)}:{frame.lineno})"
    return words if home is None else f"{words} ({near(home, base)})"


def of_folder(folder: Path) -> type[Plugin]:
    """The plugin of a folder whose parent is searched (`namespace`)."""
    module: Any = importlib.import_module(f"{NAMESPACE}.{folder.name}.plugin")
    found = [
        item
        for item in vars(module).values()
        if inspect.isclass(item) and issubclass(item, Plugin) and item.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise ShopError(f"plugin.py must define one subclass of Plugin, it defines {len(found)}")
    kind: type[Plugin] = found[0]
    kind.folder = folder
    return kind


def _class_in(path: Path) -> type[Plugin]:
    """The plugin of a plugin.py; a module of its name that is no longer searched is forgotten."""
    package = f"{NAMESPACE}.{path.parent.name}"
    loaded = _file_of(f"{package}.plugin")
    searched = [Path(place).resolve() for place in sys.modules[NAMESPACE].__path__]
    if loaded and loaded.parent.parent not in searched:
        for name in [n for n in sys.modules if f"{n}.".startswith(f"{package}.")]:
            del sys.modules[name]
    importlib.import_module(f"{package}.plugin")
    if (loaded := _file_of(f"{package}.plugin")) and loaded != path:
        raise ShopError(f"found twice: {loaded.parent} stands before it")
    kind = of_folder(path.parent)
    if getattr(kind, "name", "") != path.parent.name:
        raise ShopError(f"its name must be that of its folder, {path.parent.name}")
    return kind


def _file_of(module: str) -> Path | None:
    file = getattr(sys.modules.get(module), "__file__", None)
    return Path(file).resolve() if file else None


def check_name(name: Any) -> str:
    """The name, if it can be a plugin's; ShopError says why not."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ShopError("its name must be 2-32 of a-z, 0-9 and _, a letter first")
    tables = [model._meta.table_name for model in CORE]  # type: ignore[attr-defined]
    if name in TAKEN or any(f"{table}_".startswith(f"{name}_") for table in tables):
        raise ShopError(f"the name {name} is the core's, choose another")
    return name


def searched() -> list[Path]:
    """The folders where plugins are looked for, since `namespace` or `find` was called."""
    space = sys.modules.get(NAMESPACE)
    return [Path(folder) for folder in space.__path__] if space else [bundled("plugins")]


def _checked(kind: type[Plugin], base: Path) -> str:
    """Its name, if the class can be one of ours; ShopError says why not."""
    name = check_name(getattr(kind, "name", None))
    if kind.shop_api != API:
        raise ShopError(f"made for hook API {kind.shop_api}, this is {API}")
    if kind not in _sound:
        if wrong := plugincheck.problems(kind, base):
            raise Misfit("; ".join(wrong))
        _sound.add(kind)
    return name
