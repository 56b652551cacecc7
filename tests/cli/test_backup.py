"""A backup is one only when a portal was made from it."""

import tarfile
from pathlib import Path

from tests.supervisor.started import portal


def test_a_portal_is_restored_with_its_rows_secrets_and_files(tmp_path: Path) -> None:
    """Into an empty folder; the other stays as it is."""
    data, copy, file = tmp_path / "data", tmp_path / "copy", tmp_path / "backup.tar"
    added = portal(
        *("clients", "add", "kept", "--name", "Kept", "--zone", "Asia/Tokyo"), "--data", str(data)
    )
    assert added.returncode == 0, added.stderr
    (data / "imports").mkdir(exist_ok=True)
    (data / "imports" / "leads.csv").write_text("id,name\n1,Ada\n")

    assert portal("backup", "--data", str(data), str(file)).returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    done = portal("restore", "--data", str(copy), str(file))
    assert done.returncode == 0, done.stderr

    assert "kept" in portal("clients", "list", "--data", str(copy)).stdout
    assert (copy / "imports" / "leads.csv").read_text() == "id,name\n1,Ada\n"
    assert (copy / "secrets.json").read_text() == (data / "secrets.json").read_text()
    doctor = portal("doctor", "--data", str(copy))
    assert doctor.returncode == 0, doctor.stdout


def test_a_restore_overwrites_nothing(tmp_path: Path) -> None:
    """Two portals in one folder would be none."""
    file = tmp_path / "backup.tar"
    with tarfile.open(file, "w"):
        pass
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "precious").touch()
    done = portal("restore", "--data", str(tmp_path / "data"), str(file))
    assert done.returncode == 1
    assert "is not empty" in done.stderr
    done = portal("restore", "--data", str(tmp_path / "new"), str(file))
    assert "is no backup" in done.stderr
