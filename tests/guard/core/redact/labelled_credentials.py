"""Labelled keys by format and by name, and passwords in the notations of code, configuration, commands and talk."""
# ruff: noqa: E501  (tables of templates: one entry, one line)

from __future__ import annotations

from random import Random

import labelled_notations
import specimen
from labelled_formats import GENERIC, NAMED, PREFIXED

from guard.core.redact.syntax import parse

Made = tuple[str, str]

_BARE_TEXTS = [
    "{}",
    "use {} for now",
    "'{}'",
    '"{}",',
    "token={}",
    "(key {})",
    "Bearer {}",
    "> {}\n",
    "[{}]",
    "| {} |",
    "`{}`",
    "<code>{}</code>",
    "x = f('{}')",
]
_KINDS = [
    "api key",
    "api token",
    "token",
    "secret",
    "access token",
    "secret key",
    "client secret",
    "auth token",
    "key",
    "access key",
    "private key",
    "api secret",
]
_OWNERLESS = [
    "api key",
    "secret key",
    "access token",
    "auth token",
    "client secret",
    "signing secret",
    "encryption key",
    "jwt secret",
    "session secret",
    "refresh token",
    "bearer token",
    "webhook secret",
    "master key",
    "app secret",
    "shared secret",
    "api token",
    "private token",
    "service token",
    "deploy token",
    "credentials",
    "app key",
    "secret token",
    "csrf secret",
    "personal access token",
]


def shaped(chance: Random, pattern: str) -> str:
    return specimen.of(parse(pattern), chance)


def format_of_its_own(chance: Random) -> Made:
    text = (
        chance.choice(_BARE_TEXTS)
        if chance.random() < 0.5
        else _named_text(chance, chance.choice(_OWNERLESS))
    )
    return shaped(chance, chance.choice(PREFIXED)), text


def named_for_its_owner(chance: Random) -> Made:
    owner = chance.choice(list(NAMED))
    return shaped(chance, chance.choice(NAMED[owner])), _named_text(
        chance, f"{owner} {chance.choice(_KINDS)}"
    )


def named_for_its_use(chance: Random) -> Made:
    name = chance.choice(_OWNERLESS)
    if chance.random() < 0.4:
        name = chance.choice(["app", "prod", "my", "x", "internal", "billing", "staging"]) + " " + name
    return shaped(chance, chance.choice(GENERIC)), _named_text(chance, name)


def _named_text(chance: Random, name: str) -> str:
    return labelled_notations.written(chance, labelled_notations.styled(chance, name))


_HEADERS = [
    "Authorization: Bearer {}", "authorization: bearer {}", "curl -H 'Authorization: Bearer {}' https://x.example", 'headers = {"Authorization": "Bearer {}"}', "'Authorization' => 'Token {}'", "X-Api-Key: {}", "X-Auth-Token: {}", "Proxy-Authorization: Basic {}",
    "Authorization: Basic {}", "Cookie: sessionid={}; theme=dark", "Set-Cookie: session={}; HttpOnly", "Cookie: JSESSIONID={}", "PHPSESSID={}", "connect.sid={}", "X-CSRF-Token: {}", "Private-Token: {}", "X-Vault-Token: {}", "Ocp-Apim-Subscription-Key: {}",
    "req.setHeader('Authorization', 'Bearer {}')", "axios.get(url, { headers: { Authorization: `Bearer {}` } })", "//registry.example.org/:_authToken={}", "//npm.example.com/:_password={}", "machine github.com login me password {}", '"auth": "{}"', "curl -u admin:{} https://x.example",
    "curl --user 'bob:{}' https://x.example", "curl -H \"Authorization: Basic {}\" https://x.example", "https://bob:{}@git.example.com/repo.git", "https://{}@github.com/o/r.git", "https://oauth2:{}@gitlab.com/o/r.git", "redis://:{}@cache:6379/0",
    "SharedAccessSignature sr=x&sig={}&se=1700000000", "https://x.blob.core.windows.net/c/b?sv=2022-11-02&sig={}", "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={};EndpointSuffix=core.windows.net", "Endpoint=sb://x.example/;SharedAccessKeyName=Root;SharedAccessKey={}",
    "https://x.example/hook?token={}", "wss://x.example/?access_token={}&v=1", "Authorization: token {}", "Authorization: ApiKey {}", "authorization=Bearer%20{}", "data:\n  password: {}\n", "--header 'x-api-key: {}'", "oauth_token={}&oauth_verifier=1", "Bearer {}", "token {}",
]  # fmt: skip


def carried(chance: Random) -> Made:
    """In headers, cookies, addresses and connection strings."""
    shape = chance.choice(
        ["[A-Za-z0-9]{24}", "[A-Za-z0-9]{40}", "[0-9a-f]{40}", "[A-Za-z0-9+/]{42}=", "[A-Za-z0-9_-]{30}[a-z]"]
    )
    return shaped(chance, shape), chance.choice(_HEADERS)


_PASSWORDS = [
    "hunter2", "Passw0rd!", "P@ssw0rd", "S3cur3#Pass", "correcthorse", "letmein", "sunshine", "dragonfly", "Monkey123", "iloveyou", "trustno1", "abc123", "1q2w3e4r", "Tr0ub4dor&3", "x9$Lp!2qZ", "Summer2024!", "k7Jd92mQ", "blink182",
    "football", "p4ssphr4se", "MyDogRex9", "zaq1@WSX", "Gh7*kLm2", "9f86d081", "n0tS0Secret", "admin123", "root1234", "swordfish", "OpenSesame", "VerySecure1", "8vTq-3xWn", "m@rmalade", "Pa$$w0rd", "qazwsxedc", "welcome1", "Str0ng_One", "u8(kd]2P", "ab}c{d3F!", "Zk:29#pq",
]  # fmt: skip
_PASSWORD_NAMES = [
    "password",
    "password",
    "db password",
    "passwd",
    "user password",
    "pwd",
    "admin password",
    "root password",
    "mysql password",
    "pass",
    "db pass",
    "smtp password",
    "passphrase",
    "redis password",
    "PGPASSWORD",
    "login password",
    "keystore password",
    "wifi password",
    "secret password",
    "default password",
]
_PASSWORD_TEXTS = [
    "my password is {}", "the password is: {}", "password: {}", "Password: {}", "PASSWORD={}", "the root password is '{}'", "pwd: {} (old)", "login: bob / password: {}", "user=bob password={} host=db", "user: admin, pass: {}", "username: bob\npassword: {}\n",
    "Server=db;Database=x;User Id=sa;Password={};", "Server=db;Uid=sa;Pwd={};Encrypt=yes", "Data Source=x;User ID=y;PASSWORD={};Pooling=true", "jdbc:mysql://db:3306/x?user=root&password={}", "mysql -u root -p{} shop", "mysql --password={} -u root", "mysqldump -uroot -p'{}' shop",
    "PGPASSWORD={} psql -h db", "sshpass -p {} ssh root@host", "sshpass -p '{}' ssh root@host", "CREATE USER bob IDENTIFIED BY '{}';", 'ALTER USER bob IDENTIFIED BY "{}"', "CREATE ROLE bob LOGIN PASSWORD '{}';", "ALTER USER bob WITH PASSWORD '{}'", "SET PASSWORD FOR 'bob' = '{}';",
    "GRANT ALL ON *.* TO 'x'@'y' IDENTIFIED BY '{}'", "machine example.com login bob password {}", "db.example.com:5432:shop:bob:{}", "postgres://bob:{}@db/shop", "mongodb+srv://bob:{}@cluster0.example.net/test", "amqp://guest:{}@rabbit:5672/", "ftp://bob:{}@files.example.com/x", "https://bob:{}@example.com",
    "contraseña: {}", "la contraseña es {}", "mot de passe : {}", "mon mot de passe est {}", "Passwort: {}", "das Passwort ist {}", "Kennwort = {}", "senha: {}", "wachtwoord: {}", "hasło: {}", "пароль: {}", "密码: {}", "password => '{}'", "password='{}'", 'password = "{}"', '"password": "{}"', '{"user": "bob", "password": "{}"}',
    "{'username': 'bob', 'password': '{}'}", "<password>{}</password>", "--password {}", "--password={}", "-p '{}'", 'requirepass {}', "enable secret {}", "username admin password {}", "net user bob {} /add", "echo 'bob:{}' | chpasswd", "curl -u bob:{} https://x.example", "curl --user bob:{} https://x.example",
    "wget --password={} https://x.example", "docker login -u bob -p {}", "redis-cli -a {}", "openssl enc -k {}", "-passin pass:{}", "AUTH=('bob', '{}')", "auth=('bob', '{}')", "login('bob', '{}')", "connect(user='bob', passwd='{}')", 'userPassword := "{}"', "$db_password = '{}';", "My PIN is fine but my password was {} until May",
    "try {} as the password", "password is now {}.", "I changed my password to {} yesterday", "Your temporary password is {}", "your new password: {}", "Passcode: {}", "the wifi password is {}", "user bob with password {}", "username=bob&password={}&submit=1", "grant_type=password&username=bob&password={}", 'psk="{}"', "WPA key: {}",
    "spring.datasource.password={}", "ansible_ssh_pass={}", "ansible_become_password: {}", "vault_password: '{}'", "MYSQL_ROOT_PASSWORD: {}", "- MYSQL_PASSWORD={}", "ENV DB_PASS {}", "export PASS='{}'", "os.environ['DB_PASSWORD'] = '{}'", "set_password('{}')", "user.setPassword(\"{}\")", "withPassword('{}')", "new Credential('bob', '{}')",
]  # fmt: skip


def password(chance: Random) -> Made:
    value = chance.choice(_PASSWORDS)
    if chance.random() < 0.6:
        return value, chance.choice(_PASSWORD_TEXTS)
    return value, _named_text(chance, chance.choice(_PASSWORD_NAMES))
