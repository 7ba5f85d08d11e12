"""Where a server keeps its things: everything below one folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataFolder:
    """Paths below ``root`` (absolute). Makes no folder by itself."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> "DataFolder":
        """The folder at ``path``, made when it is missing; open to pass through, for Postgres' user."""
        path = path.absolute()
        path.mkdir(parents=True, exist_ok=True, mode=0o755)
        return cls(path)

    @property
    def temporary(self) -> Path:
        """For temporary files of programs."""
        return self.root / "tmp"

    @property
    def downloads(self) -> Path:
        """For what was fetched and checked."""
        return self.root / "downloads"

    @property
    def lock(self) -> Path:
        """The file whose lock says that the folder is in use."""
        return self.root / "run" / "lock"

    def of(self, name: str) -> Path:
        """The place of one part."""
        return self.root / name

    def log(self, name: str) -> Path:
        """What a part prints."""
        return self.root / "logs" / f"{name}.log"

    def record(self, name: str) -> Path:
        """Which process a part is."""
        return self.root / "run" / f"{name}.json"

    def secret(self, name: str) -> Path:
        """A server's password."""
        return self.root / "secrets" / f"{name}.password"
