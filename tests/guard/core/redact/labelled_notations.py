"""The ways a named value is written down in code, configuration and commands: ``NAME`` stands for the name."""
# ruff: noqa: E501  (tables of templates: one entry, one line)

from __future__ import annotations

from random import Random

NOTATIONS = [
    'NAME = "{}"', "NAME = '{}'", 'NAME="{}"', "NAME={}", "NAME = {}", "NAME: {}", 'NAME: "{}"', "NAME: '{}'", '"NAME": "{}"', "'NAME': '{}'", '{ "NAME": "{}", "debug": true }',
    '{\n    "NAME": "{}"\n}', '{\\"NAME\\": \\"{}\\"}', '"NAME" => "{}"', "'NAME' => '{}',", ':NAME => "{}"', 'NAME := "{}"', "NAME := `{}`", "NAME ::= {}", "NAME ?= {}", "export NAME={}", "export NAME='{}'", 'set NAME="{}"', "set NAME={}",
    "$env:NAME = '{}'", 'setx NAME "{}"', "ENV NAME={}", "ENV NAME {}", "ARG NAME={}", "  - NAME={}", '      NAME: "{}"', "- name: NAME\n  value: {}", '- name: NAME\n  value: "{}"', "NAME: >\n  {}", "NAME: |\n    {}", 'NAME: "{}" # do not commit',
    "<NAME>{}</NAME>", "<NAME>\n    {}\n</NAME>", '<add key="NAME" value="{}" />', '<property name="NAME" value="{}"/>', '<string name="NAME">{}</string>', "<key>NAME</key>\n<string>{}</string>", '<input name="NAME" value="{}">',
    'const NAME = "{}";', "let NAME = '{}';", "var NAME = `{}`", 'let NAME: String = "{}"', 'var NAME string = "{}"', 'let NAME: &str = "{}";', 'val NAME: String = "{}"', 'private static final String NAME = "{}";', 'String NAME = "{}";', 'string NAME = @"{}";',
    'char NAME[] = "{}";', '#define NAME "{}"', "$NAME = '{}';", '$NAME = "{}";', "define('NAME', '{}');", 'my $NAME = "{}";', '@NAME = "{}"', 'self.NAME = "{}"', "this.NAME = '{}';", 'config["NAME"] = "{}"', "os.environ['NAME'] = '{}'", 'ENV["NAME"] = "{}"',
    "process.env.NAME = '{}'", 'os.Setenv("NAME", "{}")', 'config.put("NAME", "{}")', 'client(NAME="{}", timeout=3)', "connect(host, NAME='{}')", "foo(NAME={}, x=1)", 'if NAME == "{}":', 'NAME.equals("{}")', "--NAME={}", "--NAME {}", '--NAME "{}"', "-DNAME={}",
    "?NAME={}&page=2", "https://api.example.com/v1?NAME={}", "https://api.example.com/v1?x=1&NAME={}&y=2", "curl -d 'NAME={}' https://example.com", "curl -H 'NAME: {}' https://example.com", '-H "NAME: {}"', "kubectl create secret generic x --from-literal=NAME={}",
    "helm upgrade x --set NAME={}", "docker run -e NAME={} image", "NAME\t{}", 'variable "NAME" {\n  default = "{}"\n}', "NAME: !!str {}", "[section]\nNAME = {}\nother = 1", "; NAME={}", "# NAME={}", "// NAME: '{}'", "app.NAME={}", "spring.datasource.NAME={}", "NAME={}; path=/",
    "echo NAME={} >> .env", "NAME <- '{}'", "| NAME | {} |", "NAME,{}", "The NAME is {}", "my NAME: {}", "here is the NAME {}", "NAME => {}", 'NAME->"{}"', "INSERT INTO settings (name, value) VALUES ('NAME', '{}');", 'UPDATE t SET NAME = "{}"',
]  # fmt: skip


def camel(words: list[str]) -> str:
    return words[0] + "".join(map(str.title, words[1:]))


_STYLES = ["_".join, "_".join, lambda words: "_".join(words).upper(), lambda words: "_".join(words).upper(), "-".join, camel, camel, lambda words: "".join(map(str.title, words)), ".".join, "".join]  # fmt: skip


def styled(chance: Random, name: str) -> str:
    """``name`` (words with spaces) in one of the styles of identifiers."""
    return chance.choice(_STYLES)(name.split())


def written(chance: Random, name: str) -> str:
    """A text about ``name`` with ``{}`` where its value goes."""
    return chance.choice(NOTATIONS).replace("NAME", name)
