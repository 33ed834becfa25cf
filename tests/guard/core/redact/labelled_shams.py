"""Look-alikes of credentials and addresses: placeholders, references, digests, identifiers, versions, code and talk."""
# ruff: noqa: E501  (tables of templates: one entry, one line)

from __future__ import annotations

from random import Random

import labelled_notations
import specimen

from guard.core.redact.syntax import parse


def sham(chance: Random) -> tuple[str, str]:
    """(kind, text)."""
    maker = chance.choice(
        [placeholder, placeholder, reference, reference, code, digest, digest, address, talk, setting]
    )
    return f"sham {maker.__name__}", maker(chance)


_PLACEHOLDERS = [
    "YOUR_API_KEY", "your-api-key-here", "<your-token>", "<password>", "<API_KEY>", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "XXXXXXXX", "********", "****", "...", "changeme", "CHANGE_ME", "change-me-please", "REPLACE_ME", "replace-with-your-key", "insert_token_here", "INSERT-YOUR-KEY",
    "example", "example_api_key", "EXAMPLE_TOKEN", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "sk-xxxxxxxxxxxxxxxxxxxxxxxx", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "sk_test_XXXXXXXXXXXXXXXX", "todo", "TODO", "TBD", "dummy", "dummy-token", "placeholder", "null", "None", "nil", "undefined", "true", "false",
    "my-secret-token", "mysecret", "my_api_key", "secret", "password", "token", "string", "redacted", "[REDACTED]", "[FILTERED]", "<redacted>", "<hidden>", "--------", "________", "fake-api-key", "not-a-real-key", "test_token", "some-secret", "foo", "bar", "foobar", "aaaaaaaaaaaaaaaaaaaaaaaa", "00000000-0000-0000-0000-000000000000", "1234567890", "abcdefghijklmnopqrstuvwxyz", "0123456789abcdef",
    "(none)", "n/a", "empty", "required", "optional", "default", "{token}", "{{ token }}", "{{token}}", "${TOKEN}", "$TOKEN", "$(cat token.txt)", "%TOKEN%", "%(token)s", "%s", "${{ secrets.TOKEN }}", "#{token}", "@@TOKEN@@", "__TOKEN__", "[token]", "{{ .Values.token }}", "<%= token %>", "${env:TOKEN}", "${TOKEN:-}", "$${TOKEN}", "{0}", "&token", "*token", "enter your password", "your password here", "API_KEY_HERE",
]  # fmt: skip
_NAMES = [
    "password",
    "api key",
    "token",
    "secret",
    "access token",
    "client secret",
    "secret key",
    "db password",
    "stripe api key",
    "github token",
    "aws secret access key",
    "auth token",
    "slack token",
    "private key",
]


def placeholder(chance: Random) -> str:
    name = labelled_notations.styled(chance, chance.choice(_NAMES))
    return labelled_notations.written(chance, name).replace("{}", chance.choice(_PLACEHOLDERS))


_REFERENCES = [
    'os.environ["X"]', "os.environ['API_KEY']", 'os.environ.get("API_KEY")', 'os.getenv("TOKEN")', "process.env.API_KEY", "process.env['TOKEN']", "ENV['SECRET']", "ENV.fetch('SECRET')", 'getenv("SECRET")', "System.getenv(\"TOKEN\")", "env('APP_KEY')", "config.api_key", "settings.SECRET_KEY", "self.password", "this.token", "args.password", "options[:token]",
    "params['token']", 'request.form["password"]', "req.body.password", "user.password", "getpass.getpass()", "get_password()", "read_secret('db')", "generateToken(user)", "secrets.token_hex(16)", "crypto.randomBytes(32)", "uuid.uuid4()", "var.db_password", "data.vault_secret.x.value", "module.db.password", "aws_db_instance.main.password", "@password", "$password", "$this->password",
    "$_POST['password']", "$_ENV['TOKEN']", "$request->input('password')", "config('app.key')", "hash_password(raw)", "bcrypt.hash(password, 10)", "await getToken()", "new Token()", "None", "None,", "null;", "string;", "str", "str = None", "Optional[str]", "String?", "&str", "*string", "char *", "input(\"Password: \")", "prompt('Token')", "lambda: None", "[]", "{}", "()", "''", '""', "password", "user_password", "dbPassword", "newToken", "decrypt(value)",
    "vault.read('x')", "keyring.get_password('a', 'b')", "file('/run/secrets/x')", "/run/secrets/db_password", "/etc/ssl/private/key.pem", "./token.txt", "~/.ssh/id_rsa", "secretKeyRef", "!vault", "!Ref DBPassword", "arn:aws:secretsmanager:us-east-1:123456789012:secret:db", "op://vault/item/password", "base64decode(x)", "Buffer.from(token)", "isValid(token)", "token.substring(0, 8)", "tokens[0]", "key + 1", "len(token)", "password_hash(p)", "PasswordField()",
    "forms.CharField(widget=forms.PasswordInput)", "z.string().min(8)", "serializers.CharField(write_only=True)", "models.CharField(max_length=128)", "Column(String(255))", "varchar(255) NOT NULL", "VARCHAR(64)", "text,", "fake.password()", "useState('')", "props.token", "event.target.value", "localStorage.getItem('token')", "Cookies.get('session')", "textController.text", "ConfigurationManager.AppSettings[\"Key\"]", "builder.Configuration[\"ApiKey\"]", "Environment.GetEnvironmentVariable(\"X\")",
]  # fmt: skip
_REFERRING = [
    "NAME = @",
    "NAME=@",
    "NAME: @",
    "const NAME = @;",
    "self.NAME = @",
    "NAME := @",
    "let NAME = @;",
    "f(NAME=@)",
    "return NAME == @",
    '"NAME": @',
    "NAME => @,",
    "def f(NAME: @):",
    "$NAME = @;",
    "export NAME=@",
    "var NAME = @",
]


def reference(chance: Random) -> str:
    name = labelled_notations.styled(chance, chance.choice(_NAMES))
    return chance.choice(_REFERRING).replace("NAME", name).replace("@", chance.choice(_REFERENCES))


_CODE = [
    "def check_password(self, raw_password: str) -> bool:", "if (token.type === TokenType.IDENTIFIER) {", "const { token, user } = await login();", "public_key_token=b77a5c561934e089", "PublicKeyToken=31bf3856ad364e35, Version=4.0.0.0", "tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')", "max_tokens: 4096", '"max_tokens": 1024, "temperature": 0.7', "key: 'sort-by-name-ascending'", 'cacheKey = "user-profile-v2"',
    "primaryKey: true", "PRIMARY KEY (id), FOREIGN KEY (user_id) REFERENCES users(id)", "foreign_key='users.organization_id'", "keyboard_interrupt = KeyboardInterrupt()", "secretName: tls-certificate", "secret_name = 'production-database'", "passwordPolicy: { minLength: 12, requireSymbols: true }", "password_min_length = 12", "passwordStrength: 'medium'", "password_reset_url=/accounts/password/reset/", "tokenExpiry: 3600000",
    "token_url: https://auth.example.com/oauth2/v1/token", "api_key_header = 'X-API-Key'", "auth_type=oauth2_client_credentials", "key_file = '/etc/nginx/ssl/server.key'", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7Vd2 user@host", "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
    "import { AuthGuard } from '@nestjs/passport'", "npm install @scope/pkg@1.2.3", "from cryptography.fernet import Fernet", "std::map<std::string, int> tokens;", "foo::bar::baz()", "a::b", "Foo::Bar.new", "use std::collections::HashMap;", "@Autowired private TokenService tokenService;", "git clone git@github.com:owner/repo.git --depth 1"[:9] + " --depth 1", "rsync -a src/ host:/srv/www/", "sort(key=lambda item: item.created_at)",
    "for key, value in mapping.items():", "keys = sorted(data.keys())", 'ng-model="user.password"', '<input type="password" name="password" placeholder="Password">', '<label for="password">Password</label>', "<key>CFBundleIdentifier</key>", "input[type=password]{border:1px solid #ccc;padding:8px}", ".token.keyword{color:#07a}.token.string{color:#690}", "!function(e,t){var n=t.key,r=e.token;return n?r[n]:null}(a,b);", "e.password=t.value,n.token=r", "key===o.ESCAPE&&close()",
    'assertEqual(response.status_code, 403, "token missing")', "raise ValueError('api key must not be empty')", "log.info('token refreshed for user %s', user_id)", "print(f'password: {password}')", "// TODO: rotate api key", "# token = generated at start", "@media (max-width: 1024px) { .key { display: none } }", "type Token = { kind: string; value: string };", "interface Props { apiKey: string; secret?: string }", "enum Key { Up, Down, Left, Right }", "SELECT token FROM sessions WHERE expires_at < now();",
    "ALTER TABLE users ADD COLUMN password varchar(255) NOT NULL;", "CREATE INDEX idx_token ON sessions (token);", "token = tokens.pop()", "secret = Secret.objects.get(pk=1)", "val key = keyOf(element)", "path: ~/.cache/pip\nkey: ${{ runner.os }}-pip-${{ hashFiles('**/requirements.txt') }}", "env:\n  GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}", "valueFrom:\n  secretKeyRef:\n    name: db-credentials\n    key: password", "password:\n  type: string\n  format: password", 'properties:\n  token:\n    type: string\n    description: The token', "apiVersion: v1\nkind: Secret\nmetadata:\n  name: my-secret",
    "auth_service_url = 'http://auth.internal:8080'", "hash_algorithm='pbkdf2_sha256'", "algorithm: 'aes-256-gcm'", "signature_version='s3v4'", "key_size=4096", "author: jane", "author_id: 42", "authored-by: bot", "passing: 12, failing: 0", "bypass = true", "compass: north-west", "passenger: 'John Smith'", "pass", "passed: 120", "passport_office: 'London'", "monkey = 'george-2000'", "turkey: 12.5", "hotkey: 'ctrl+shift+k'", "keynote: https://example.com/2024/talk", "tokenization=wordpiece", "secretary: Jane",
    "DATABASE_URL=postgres://localhost:5432/shop", "url: http://localhost:3000/api", "redis://cache:6379/0", "amqp://rabbit:5672/", "https://example.com:8443/a@b", "http://user@example.invalid:80"[:7] + "example.com/@jane/post", "medium.com/@jane_roe/post-12ab34cd56ef", "https://twitter.com/@jane", "<@U012AB3CD>", "docker.io/library/redis@sha256:" + "ab12" * 16,
]  # fmt: skip


def code(chance: Random) -> str:
    return chance.choice(_CODE)


_SHAPES = {
    "sha1": "[0-9a-f]{40}",
    "md5": "[0-9a-f]{32}",
    "sha256": "[0-9a-f]{64}",
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}",
    "object": "[0-9a-f]{24}",
    "sri": "[A-Za-z0-9+/]{86}==",
    "blob": "[A-Za-z0-9+/]{120}",
    "short": "[0-9a-f]{7}",
    "id": "[A-Za-z0-9]{11}",
}
_DIGESTS = [
    ("sha1", "commit {}"), ("sha1", "git checkout {}"), ("sha1", "rev: {}"), ("sha1", "sha1sum: {}  setup.py"), ("sha1", "https://github.com/o/r/commit/{}"), ("sha1", "uses: actions/checkout@{}"), ("sha1", "SHA1({}) = file"), ("sha1", "index {}..{} 100644"), ("sha1", "git_commit = '{}'"), ("sha1", '"sha": "{}"'), ("sha1", "HEAD is now at {}"), ("sha1", "Merge: {}"), ("sha1", "github_sha={}"),
    ("md5", "md5: {}"), ("md5", "MD5 ({}) = x"), ("md5", "etag: \"{}\""), ("md5", "{}  archive.tar.gz"), ("md5", "checksum={}"), ("md5", "trace_id={}"), ("md5", '"traceId":"{}"'), ("md5", "file_hash: {}"), ("md5", "hash = '{}'"), ("md5", "gravatar.com/avatar/{}"), ("md5", "cache/{}.bin"), ("sha256", "sha256: {}"), ("sha256", "sha256:{}"), ("sha256", '  sha256 "{}"'), ("sha256", "--hash=sha256:{}"), ("sha256", "digest: sha256:{}"), ("sha256", "image: redis@sha256:{}"),
    ("sha256", "txid {}"), ("sha256", "block hash 0x{}"), ("sha256", "fingerprint {}"), ("sha256", "checksum = \"{}\""), ("uuid", "request_id: {}"), ("uuid", "X-Request-Id: {}"), ("uuid", '"id": "{}"'), ("uuid", "user_id={}"), ("uuid", "/orders/{}/items"), ("uuid", "uuid = '{}'"), ("uuid", "GUID: {}"), ("uuid", "correlation-id={}"), ("uuid", "tenant: {}"), ("uuid", "aws request id {}"), ("uuid", "<Id>{}</Id>"), ("uuid", "{}"), ("object", '"_id": ObjectId("{}")'), ("object", "/users/{}"), ("object", "product_id={}"),
    ("sri", '"integrity": "sha512-{}"'), ("sri", "integrity=\"sha512-{}\""), ("sri", "SHA256:{}"), ("blob", "data:image/png;base64,iVBORw0KGgo{}"), ("blob", "src=\"data:image/gif;base64,R0lGOD{}\""), ("blob", "url(data:font/woff2;base64,d09GMg{})"), ("blob", "//# sourceMappingURL=data:application/json;base64,eyJ2{}"), ("short", "fix typo ({})"), ("short", "{} Merge branch 'main'"), ("short", "v1.2.3-4-g{}"), ("id", "https://youtu.be/{}"), ("id", "watch?v={}"), ("id", "event {} received"), ("short", "color: #{}"), ("sha1", "{}"), ("md5", "{}"), ("sha256", "{}"), ("uuid", "session closed: {}"),
]  # fmt: skip


def digest(chance: Random) -> str:
    kind, text = chance.choice(_DIGESTS)
    return text.replace("{}", specimen.of(parse(_SHAPES[kind]), chance))


_ADDRESSES = [
    "version 1.2.3.4", "Version: 10.0.1.2", "v2.10.0.1", "v1.2.3.4-rc1", "release 4.0.0.0", "AssemblyVersion(\"1.0.0.0\")", "Version=4.0.0.0, Culture=neutral", "Chrome/120.0.6099.109 Safari/537.36", "firmware 2.1.0.17", "build 7.1.2.9", "package==1.2.3.4", "numpy>=1.2.3.4", "lib-1.2.3.4.jar", "300.168.1.1", "192.168.1", "192.168.1.256", "1.2.3.4.5", "1.3.6.1.4.1.311.21.20", "OID 1.2.840.113549", "10.1.2", "section 2.3.1.4 of the manual", "Chapter 1.2.3.4",
    "12:34:56", "at 09:15:30.123", "2024-01-02T03:04:05Z", "00:15:30,500 --> 00:15:33,000", "aspect 16:9", "ratio 1:2:3", "a::b::c", "std::string", "::", "foo::", "x[::2]", "list[1::3]", "span.a::before", "p::first-line", "de:ad:be:ef", "score 10:8:3", "urn:isbn:0451450523", "urn:uuid:x", "12:34:56:78", "1:23:45", "Ps 119:105", "ab-cd-ef", "01-02-03-04", "10-20-30-40-50", "00-11-22-33-44-55-66-77",
    "@decorator", "@property", "@jane on Twitter", "follow @jane_roe!", "a@b", "root@localhost", "user@host", "user@host:~$ ls", "@scope/pkg@1.2.3", "npm i left-pad@1.3.0", "react@18.2.0", "foo@^1.0.0", "@types/node@20.1.0", "x @ y", "5 @ $3.00", "lunch @ noon", "meet @ example", "@media screen", "@example.com", "jane@", "jane@.com", "email@", "image@2x.png", "icon@3x.jpg", "logo@2x.webp", "actions/checkout@v4.1.0", "docker@sha256", "matrix @ vector",
    "look at the dot com boom", "at the end", "arrive at noon dot", "meet me at home", "0x1234", "0xdeadbeef", "0x0000", "1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf", "bc1 is a prefix", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3tx", "0x" + "12" * 32, "1BoatSLRHtKNngkdXEeobR76b53LETtpy", "3.14159", "-----BEGIN", "--- BEGIN ---", "My seed is a tomato", "seed phrase: twelve words that you should write down",
]  # fmt: skip


def address(chance: Random) -> str:
    return chance.choice(["{}", "{}", "see {}", "{}.", "({})", "'{}'"]).format(chance.choice(_ADDRESSES))


_TALK = [
    "Password must be at least 12 characters long.", "I forgot my password, can you help?", "Your password has been changed successfully.", "The password is incorrect.", "password: required", "Password: (hidden)", "The password is case-sensitive", "my password is not working anymore", "Enter your password to continue", "password is too short", "Please reset your password at https://example.com/reset", "The token is invalid or has expired.", "token: invalid", "Secret Santa is on Friday", "It is a secret: nobody knows.",
    "The key is under the mat.", "key: C major", "Key takeaways: speed, cost, quality", "The key difference: price", "secret ingredient: nutmeg", "Auth: failed", "Authorization: denied", "auth failed for user bob", "Bearer of bad news", "basic authentication is required", "token ring networks", "Basic understanding of networks", "bearer tokens expire", "the token economy", "a token of appreciation", "pin: see attached", "pin it to the board", "PIN code area 110001"[:8] + " entry failed", "passphrase should contain several words",
    "pass the salt: please", "password reset link sent to your inbox", "use a password manager, like Bitwarden", "password protected area", "Wrong password? Try again.", "username and password combination not found", "Change password every 90 days", "passwords do not match", "the password field is mandatory", "What is the password policy?", "contraseña incorrecta", "la contraseña es obligatoria", "mot de passe oublié ?", "das Passwort ist falsch", "Passwort vergessen?", "api key: not set", "API key: missing", "Your API key is inactive.", "secret: unknown", "credentials: none",
    "Private key: a short introduction", "access token: what is it and how does it work", "Session ID is regenerated on login", "login: disabled", "user: admin, pass: no", "the wallet is empty", "my wallet was stolen", "bitcoin is at 60000 dollars", "IP address: dynamic", "email: none", "e-mail us at any time", "email me at work", "Contact: see website", "password updated 3 days ago", "password expires in 30 days", "password attempts: 3", "tokens used: 15234", "Total tokens: 1,234,567", "key 1234567 not found", "pass 3 of 5 complete", "password of user 1001 changed", "error 401: token expired at 2024-01-02T03:04:05Z",
]  # fmt: skip


def talk(chance: Random) -> str:
    return chance.choice(_TALK)


_SETTING_NAMES = [
    "cache key",
    "primary key",
    "sort key",
    "key name",
    "key id",
    "partition key",
    "public key",
    "publishable key",
    "token type",
    "token limit",
    "password length",
    "secret name",
    "secret version",
    "auth provider",
    "auth mode",
    "key type",
    "key path",
    "password file",
    "token endpoint",
    "keyword",
    "tokenizer",
    "passive mode",
    "author",
    "user id",
    "request id",
    "signature algorithm",
    "i18n key",
    "key label",
]
_SETTING_VALUES = [
    "user_profile_v2",
    "created_at",
    "application/json",
    "bearer",
    "12",
    "4096",
    "aes-256-gcm",
    "rsa-sha256",
    "/etc/app/secret.txt",
    "https://example.com/oauth2/token",
    "us-east-1",
    "production-db-credentials",
    "bert-base-uncased",
    "Jane Roe",
    "true",
    "google-oauth2",
    "sha256",
    "projects/demo/secrets/db/versions/3",
    "org.example.app.settings",
    "feature.checkout.enabled",
    "ctrl+shift+p",
    "id_rsa",
    "x-correlation-id",
    "2024-05-01",
    "v1beta1",
]


def setting(chance: Random) -> str:
    name = labelled_notations.styled(chance, chance.choice(_SETTING_NAMES))
    return labelled_notations.written(chance, name).replace("{}", chance.choice(_SETTING_VALUES))
