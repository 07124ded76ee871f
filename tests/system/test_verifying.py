import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.kit import merkle, strictjson
from system import cli
from tests.system import tampers
from tests.system.tampers import KEY, Log


@pytest.fixture(scope="module")
def log() -> Log:
    return Log(900, 7)


def kept(path: Path, lines: list[bytes]) -> str:
    path.write_bytes(b"".join(lines))
    return str(path)


def verified(*asked: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["verify", *asked])
    return done.exit_code, done.output


def test_an_untouched_log_is_told_to_be_so(log: Log, tmp_path: Path) -> None:
    bundle = kept(tmp_path / "log.jsonl", log.written(log.entries))
    status, told = verified(bundle, "--key", str(KEY))
    assert status == 0
    assert f"{KEY.name}: 900 entries, 0 of them erased." in told
    assert "Covered by a checkpoint: 900; by one that a witness has: 0." in told
    assert "Nothing was changed in what is covered." in told


def test_the_key_is_read_from_a_file_and_the_witness_is_heard(log: Log, tmp_path: Path) -> None:
    bundle = kept(tmp_path / "log.jsonl", log.written(log.entries))
    key = kept(tmp_path / "log.vkey", [f"{KEY}\n".encode()])
    witness = kept(tmp_path / "witness.jsonl", log.witness(900, leaves=False))
    status, told = verified(bundle, "--key", key, "--witness", witness)
    assert (status, "by one that a witness has: 900." in told) == (0, True)


def test_the_first_bad_index_is_named(log: Log, tmp_path: Path) -> None:
    entries = list(log.entries)
    entries[417] = tampers.entry(417, log.chance)
    bundle = kept(tmp_path / "log.jsonl", log.written(entries, anew=True))
    assert verified(bundle, "--key", str(KEY))[0] == 0, "who has the key is found by a witness alone"
    witness = kept(tmp_path / "witness.jsonl", log.witness(900, leaves=True))
    status, told = verified(bundle, "--key", str(KEY), "--witness", witness)
    assert status == 1
    assert "First bad index: 417." in told
    assert "417: the witness has another leaf." in told


def test_what_lies_between_two_checkpoints_is_told_as_such(log: Log, tmp_path: Path) -> None:
    entries = list(log.entries)
    at = log.sizes[0]
    entries[at] = tampers.entry(at, log.chance)
    status, told = verified(kept(tmp_path / "log.jsonl", log.written(entries)), "--key", str(KEY))
    assert status == 1
    assert f"{at} to {log.sizes[1] - 1}: the entries do not lead to the root" in told


@pytest.mark.parametrize(
    ("key", "says"),
    [("a+b+c", "not base64"), ("nowhere.vkey", "nowhere.vkey"), (str(KEY).replace("audit", "other"), "id")],
)
def test_a_key_that_is_none_is_told_in_a_sentence(log: Log, tmp_path: Path, key: str, says: str) -> None:
    status, told = verified(kept(tmp_path / "log.jsonl", [log.notes[900]]), "--key", key)
    assert (status, says in told) == (1, True), told


def test_a_witness_of_another_log_and_a_missing_file_are_told_in_a_sentence(log: Log, tmp_path: Path) -> None:
    bundle = kept(tmp_path / "log.jsonl", log.written(log.entries))
    status, told = verified(bundle, "--key", str(KEY), "--witness", kept(tmp_path / "w", [b"{}\n"]))
    assert (status, "witness" in told) == (1, True)
    status, told = verified(str(tmp_path / "nothing"), "--key", str(KEY))
    assert (status, "nothing" in told) == (1, True)


def test_a_receipt_is_verified_by_its_proof_and_a_witness(log: Log, tmp_path: Path) -> None:
    leaves = [each.leaf for each in log.entries]
    path = merkle.proof(merkle.inclusion_nodes(417, 900), merkle.nodes_of(leaves))
    said = {"index": 417, "size": 900, "leaf": leaves[417].hex(), "path": [one.hex() for one in path]}
    note = strictjson.loads(log.notes[900])["checkpoint"]
    proof = kept(tmp_path / "proof.json", [json.dumps(said | {"note": note}).encode()])
    asked = (proof, "--key", str(KEY), "--receipt")
    status, told = verified(*asked, leaves[417].hex())
    assert (status, f"{KEY.name}: the receipt is entry 417 of 900." in told) == (0, True), told
    witness = kept(tmp_path / "witness.jsonl", log.witness(900, leaves=False))
    status, told = verified(*asked, leaves[417].hex(), "--witness", witness)
    assert (status, "The witness saw the same tree." in told) == (0, True), told
    status, told = verified(*asked, leaves[418].hex())
    assert (status, "proves nothing" in told) == (1, True), told
