"""An archive of a backup unpacks nowhere else."""

import tarfile

import pytest

from helpdesk.cli.backups import archive


def test_names_that_lead_elsewhere_are_not_unpacked(tmp_path):
    path = tmp_path / "evil.tar"
    from io import BytesIO

    with tarfile.open(path, "w") as target:
        for name in ("../escaped", "/tmp/escaped", "files/../../escaped", "files/ab/link"):  # noqa: S108
            member = tarfile.TarInfo(name)
            if name.endswith("link"):
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            target.addfile(member, BytesIO(b""))
    (tmp_path / "in").mkdir()
    with pytest.raises(Exception, match="no manifest"):
        archive.unpack(path, tmp_path / "in", "helpdesk.db", unverified=False)
    assert list((tmp_path / "in").iterdir()) == [] and not (tmp_path / "escaped").exists()
