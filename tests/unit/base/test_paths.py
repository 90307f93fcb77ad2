from pathlib import Path

import pytest

from lectern.base.paths import LONGEST_SOCKET_PATH, bundled_socket


def test_socket_lies_in_the_runtime_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("r")  # short, also where tests run side by side
    assert bundled_socket(folder / "var", str(folder)).parent.parent == folder


@pytest.mark.parametrize("runtime_dir", [None, "", "relative", "/no/such/folder", "/tmp/" + "x" * 120])
def test_socket_lies_elsewhere_where_the_runtime_folder_does_not_serve(runtime_dir: str | None) -> None:
    path = bundled_socket(Path("/srv/lectern/var"), runtime_dir)
    assert path.parent.parent.is_dir()
    assert len(bytes(path)) <= LONGEST_SOCKET_PATH


def test_two_checkouts_never_share_a_socket() -> None:
    assert bundled_socket(Path("/srv/a/var"), None) != bundled_socket(Path("/srv/b/var"), None)


def test_a_checkout_finds_its_socket_again() -> None:
    assert bundled_socket(Path("/srv/a/var"), None) == bundled_socket(Path("/srv/a/b/../var"), None)
