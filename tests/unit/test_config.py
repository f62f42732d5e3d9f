from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from server.config import Loaded, SettingsInvalid, load
from server.config.display import MASK, documentation, markdown, rows
from server.config.kinds import all_settings
from server.config.model import Gateway, Settings


@pytest.fixture
def written(tmp_path: Path) -> "Written":
    return Written(tmp_path)


class Written:
    """An operator's settings: a file in a folder, the environment, options."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "yizhan.toml"

    def load(self, text: str = "", environment: Mapping[str, str] | None = None, **options: object) -> Loaded:
        self.file.write_text(text)
        paths = {name.replace("__", "."): value for name, value in options.items()}
        return load(self.file, environment, paths, folder=self.folder)

    def complaints(self, text: str = "", environment: Mapping[str, str] | None = None, **options: object) -> list[str]:
        with pytest.raises(SettingsInvalid) as caught:
            self.load(text, environment, **options)
        return [str(problem) for problem in caught.value.problems]


def test_without_any_source_every_setting_has_its_default(tmp_path: Path) -> None:
    loaded = load(environment={"YIZHAN_SERVER__DATA": str(tmp_path)})
    assert loaded.settings.sign_in == Settings().sign_in
    assert loaded.settings.gateway.outgoing_bytes == 1024 * 1024
    assert loaded.file is None
    assert {path for path, origin in loaded.origins.items() if origin != "default"} == {"server.data"}


def test_the_environment_wins_over_the_file_and_an_option_over_both(written: Written) -> None:
    text = "[gateway]\nport = 1\n[http]\nport = 1\n[metrics]\nport = 1\n"
    loaded = written.load(text, {"YIZHAN_HTTP__PORT": "2", "YIZHAN_METRICS__PORT": "2"}, metrics__port=3, http__host=None)
    settings = loaded.settings
    assert (settings.gateway.port, settings.http.port, settings.metrics.port) == (1, 2, 3)
    assert loaded.origins["gateway.port"] == "yizhan.toml:2"
    assert loaded.origins["http.port"] == "environment YIZHAN_HTTP__PORT"
    assert loaded.origins["metrics.port"] == "command line"
    assert loaded.origins["http.host"] == "default"


def test_words_of_the_environment_become_values_of_every_kind(written: Written) -> None:
    environment = {
        "YIZHAN_DEMO__COMPANY": "true",
        "YIZHAN_GATEWAY__PONG_SECONDS": "0.5",
        "YIZHAN_GATEWAY__TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        "YIZHAN_GATEWAY__TLS_KEY": "key.pem",
        "YIZHAN_GATEWAY__TLS_CERTIFICATE": "/etc/cert.pem",
        "YIZHAN_SESSIONS__DEVICE_POLICY": "any",
    }
    settings = written.load(environment=environment).settings
    assert settings.demo.company is True
    assert settings.gateway.pong_seconds == 0.5
    assert settings.gateway.trusted_proxies == ("10.0.0.0/8", "::1")
    assert settings.gateway.tls_key == written.folder / "key.pem"
    assert settings.gateway.tls_certificate == Path("/etc/cert.pem")
    assert settings.sessions.device_policy == "any"


def test_the_file_is_found_in_the_data_folder_or_where_the_environment_points(tmp_path: Path) -> None:
    (tmp_path / "yizhan.toml").write_text("[gateway]\nport = 7\n")
    (tmp_path / "other.toml").write_text("[gateway]\nport = 8\n")
    data = {"YIZHAN_SERVER__DATA": str(tmp_path)}
    assert load(environment=data).settings.gateway.port == 7
    assert load(environment=data | {"YIZHAN_CONFIG": "other.toml"}, folder=tmp_path).settings.gateway.port == 8
    assert load(tmp_path / "yizhan.toml", {"YIZHAN_CONFIG": "no such file"}).settings.gateway.port == 7


def test_everything_that_is_wrong_is_said_at_once_with_its_place(written: Written) -> None:
    text = '[gateway]\nprot = 1\nport = "abc"\n\n[sessions]\nidle_days = 0\n[sesions]\nper_member = 3\n'
    assert written.complaints(text, {"YIZHAN_HTTP__PORT": "70000", "YIZHAN_LOG__LEVEL": "loud"}) == [
        "gateway.prot (yizhan.toml:2): there is no such setting; did you mean gateway.port?",
        "sesions (yizhan.toml:7): there is no such section; did you mean sessions?",
        "gateway.port (yizhan.toml:3): 'abc' is not a whole number from 0 to 65535",
        "sessions.idle_days (yizhan.toml:6): 0 is not a whole number, at least 1",
        "http.port (environment YIZHAN_HTTP__PORT): '70000' is not a whole number from 0 to 65535",
        "log.level (environment YIZHAN_LOG__LEVEL): 'loud' is not one of debug, info, warning, error",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[gateway]\nargon2_time = 1", "gateway.argon2_time (yizhan.toml:2): there is no such setting; did you mean sign_in.argon2_time?"),
        ("recall_seconds = 1", "recall_seconds (yizhan.toml:1): there is no such setting; did you mean messages.recall_seconds?"),
        ("[zzzz]\n", "zzzz (yizhan.toml:1): there is no such section"),
        ("gateway = 3", "gateway (yizhan.toml:1): is a section: write [gateway] and its settings below"),
        ("[gateway]\nport = true", "gateway.port (yizhan.toml:2): True is not a whole number from 0 to 65535"),
        ("[gateway]\nport = 1.5", "gateway.port (yizhan.toml:2): 1.5 is not a whole number from 0 to 65535"),
        ("[gateway]\nping_seconds = nan", "gateway.ping_seconds (yizhan.toml:2): nan is not a number above 0"),
        ('[gateway]\nallowed_origins = "https://a"', "gateway.allowed_origins (yizhan.toml:2): 'https://a' is not a list of texts"),
        ("[server]\ndata = 3", "server.data (yizhan.toml:2): 3 is not a path"),
        ('demo.company = "yes"', "demo.company (yizhan.toml:1): 'yes' is not true or false"),
        ("[smtp]\npassword_file = 3", "smtp.password_file (yizhan.toml:2): 3 is not a path"),
        ('[smtp]\npassword_file = "gone"', "smtp.password_file (yizhan.toml:2): gone cannot be read: No such file or directory"),
    ],
)
def test_each_kind_of_mistake_has_its_sentence(written: Written, text: str, complaint: str) -> None:
    assert written.complaints(text) == [complaint]


def test_a_file_that_is_no_toml_or_not_there_is_named(written: Written) -> None:
    assert "cannot be read: Expected '=' after a key" in written.complaints("port 8800")[0]
    with pytest.raises(SettingsInvalid, match=r"gone\.toml \(file\): cannot be read: No such file or directory"):
        load(written.folder / "gone.toml")


def test_a_variable_with_one_underscore_too_few_is_named_and_others_are_left_alone(written: Written) -> None:
    assert written.complaints(environment={"YIZHAN_GATEWAY_PORT": "1", "YIZHAN_OF_SOMEBODY": "1", "PATH": "/bin"}) == [
        "YIZHAN_GATEWAY_PORT (environment): is not a setting; did you mean YIZHAN_GATEWAY__PORT?"
    ]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('[database]\nurl = "mysql://h/d"', "database.url"),
        ('[server]\npublic_url = "https://im.example.com/chat"', "server.public_url"),
        ('[gateway]\nallowed_origins = ["https://im.example.com", "im.example.com"]', "gateway.allowed_origins"),
        ('[gateway]\nallowed_origins = ["https://im.example.com:port"]', "gateway.allowed_origins"),
        ('[gateway]\ntrusted_proxies = ["10.0.0.1/8"]', "gateway.trusted_proxies"),
        ('[gateway]\ntls_key = "key.pem"', "gateway.tls_certificate"),
        ('[gateway]\ntls_certificate = "cert.pem"', "gateway.tls_key"),
        ("[gateway]\noutgoing_total_bytes = 10", "gateway.outgoing_total_bytes"),
        ("[sessions]\nidle_days = 200", "sessions.total_days"),
        ("[sign_in]\nargon2_parallelism = 5000", "sign_in.argon2_memory_kib"),
        ('[smtp]\nhost = "mail.example.com"', "smtp.sender"),
        ('[demo]\ncompany = true\n[gateway]\nhost = "0.0.0.0"', "demo.company"),
        ('[demo]\ncompany = true\n[http]\nhost = "im.example.com"', "demo.company"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(written: Written, text: str, path: str) -> None:
    (complaint,) = written.complaints(text)
    assert complaint.startswith(f"{path} (")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_the_demo_is_allowed_where_nobody_else_can_connect(written: Written, host: str) -> None:
    assert written.load(f'demo.company = true\ngateway.host = "{host}"').settings.demo.company


def test_what_could_not_be_read_is_not_judged_a_second_time(written: Written) -> None:
    assert written.complaints('[sessions]\nidle_days = 200\ntotal_days = "long"') == [
        "sessions.total_days (yizhan.toml:3): 'long' is not a whole number, at least 1"
    ]


def test_origins_follow_from_the_public_url_unless_they_are_given(written: Written) -> None:
    public = '[server]\npublic_url = "https://im.example.com/"\n'
    assert written.load(public).settings.gateway.allowed_origins == ("https://im.example.com",)
    own = written.load(public + '[gateway]\nallowed_origins = ["https://chat.example.com"]')
    assert own.settings.gateway.allowed_origins == ("https://chat.example.com",)
    assert written.load("[http]\nport = 81").settings.gateway.allowed_origins == ("http://127.0.0.1:81",)


def test_the_embedded_database_lies_in_the_data_folder_seen_from_the_file(written: Written) -> None:
    settings = written.load('[server]\ndata = "here"').settings
    assert settings.server.data == written.folder / "here"
    assert settings.database.url == f"sqlite:///{written.folder}/here/yizhan.sqlite"


def test_a_secret_can_lie_in_a_file_of_its_own(written: Written) -> None:
    (written.folder / "secret").write_text("lotus 7\n")
    loaded = written.load('[smtp]\npassword_file = "secret"', {"YIZHAN_DATABASE__URL_FILE": "secret"}, database__url="sqlite:///x")
    assert loaded.settings.smtp.password == "lotus 7"
    assert loaded.origins["smtp.password"] == "yizhan.toml:2 -> secret"


def test_a_secret_given_twice_in_one_place_is_a_question(written: Written) -> None:
    (written.folder / "secret").write_text("lotus 7")
    text = '[smtp]\npassword = "lotus 6"\npassword_file = "secret"'
    assert written.complaints(text) == ["smtp.password (yizhan.toml:3 -> secret): stands also at yizhan.toml:2: leave one out"]
    assert written.load(text.replace("password_file", "# "), {"YIZHAN_SMTP__PASSWORD": "lotus 8"}).settings.smtp.password == "lotus 8"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+asyncpg://im:lot@us/7@db/im", f"postgresql+asyncpg://im:{MASK}@db/im"),
        ("postgresql+asyncpg://db/im?user=im&password=lotus7&ssl=on", f"postgresql+asyncpg://db/im?user=im&password={MASK}&ssl=on"),
        ("sqlite:////var/lib/yizhan.sqlite", "sqlite:////var/lib/yizhan.sqlite"),
    ],
)
def test_a_password_in_an_address_is_not_shown(written: Written, url: str, shown: str) -> None:
    values = {row["setting"]: row["value"] for row in rows(written.load(database__url=url, smtp__password="lotus7"))}
    assert (values["database.url"], values["smtp.password"]) == (shown, MASK)


def test_secrets_are_in_no_error_and_no_repr(written: Written) -> None:
    loaded = written.load(smtp__password="lotus7", database__url="postgresql+asyncpg://im:lotus7@db/im")
    assert "lotus7" not in repr(loaded)
    assert "lotus7" not in " ".join(written.complaints('[smtp]\npassword = ["lotus7"]\n[database]\nurl = "mysql://im:lotus7@db"'))


def test_every_setting_is_shown_and_documented() -> None:
    documented = {f"{section['section']}.{entry['name']}" for section in documentation() for entry in section["settings"]}
    assert documented == set(all_settings()) == {row["setting"] for row in rows(load())}
    for section in documentation():
        assert section["text"]
        for entry in section["settings"]:
            assert entry["text"].endswith("."), entry
            assert f"- `{entry['name']}`: {entry['takes']}" in markdown()
    assert msgspec.json.decode(msgspec.json.encode(documentation())) == documentation()


def test_the_documentation_names_type_default_and_variable() -> None:
    gateway = next(section for section in documentation() if section["section"] == "gateway")
    port, ping = (next(entry for entry in gateway["settings"] if entry["name"] == name) for name in ("port", "ping_seconds"))
    assert (port["takes"], port["default"], port["variable"]) == ("a whole number from 0 to 65535", 8800, "YIZHAN_GATEWAY__PORT")
    assert (ping["takes"], ping["default"]) == ("a number above 0", 25)
    assert Gateway.__doc__ == gateway["text"]
