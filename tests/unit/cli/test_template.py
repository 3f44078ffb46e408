"""Go templates: what docker's users write after `--format`."""

import pytest

from inkan.cli.template import render
from inkan.errors import RequestInvalidError

VALUE = {
    "Name": "team/app",
    "Count": 3,
    "On": True,
    "Nothing": None,
    "Signers": ["alice", "bob"],
    "Empty": [],
    "Inner": {"Key": "a<b"},
    "Rows": [{"ID": "1"}, {"ID": "2"}],
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{{.Name}}:{{ .Count }}", "team/app:3"),
        ("{{.Inner.Key}}", "a<b"),
        ("{{json .Inner}}", '{"Key":"a<b"}'),
        ("{{.Inner | json}}", '{"Key":"a<b"}'),
        ('{{join .Signers ", "}}', "alice, bob"),
        ("{{.Name | upper | lower}}", "team/app"),
        ("{{range .Rows}}{{.ID}},{{end}}", "1,2,"),
        ("{{range .Rows}}{{$.Name}}{{.ID}} {{end}}", "team/app1 team/app2 "),
        ("{{range .Empty}}x{{else}}none{{end}}", "none"),
        ("{{if .Empty}}x{{else if .On}}on{{else}}off{{end}}!", "on!"),
        ("{{if not .On}}x{{end}}", ""),
        ("{{with .Inner}}{{.Key}}{{end}}", "a<b"),
        ("{{if and .On (eq .Count 3)}}yes{{end}}", "yes"),
        ("{{ if gt .Count 2 }}{{ .Name }}{{end}}{{if lt .Count 3}}no{{end}}", "team/app"),
        ("{{len .Signers}}{{index .Signers 1}}", "2bob"),
        ("{{.Signers}} {{.On}} {{.Nothing}}", "[alice bob] true <no value>"),
        ("{{.Inner}}", "map[Key:a<b]"),
        (r"a\tb\n", "a\tb\n"),
        ("a {{- .Count -}}  b", "a3b"),
        ("{{/* said by nobody */}}x", "x"),
        ('{{`raw " text`}}', 'raw " text'),
        ('{{println .Name "x"}}', "team/app x\n"),
        ("{{truncate .Name 4}}", "team"),
    ],
)
def test_a_template_is_filled_in_as_go_does(template, text):
    assert render(template, VALUE) == text


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{.Missing}}", "can't evaluate field Missing; there is .Name"),
        ("{{.Name.X}}", "there is no fields"),
        ("{{", "unclosed action"),
        ("{{}}", "missing value"),
        ("{{range .Rows}}", "no {{end}}"),
        ("{{if .On}}x{{else}}y", "no {{end}}"),
        ("{{end}}", "unexpected {{end}}"),
        ("{{nonsense}}", 'function "nonsense" not defined'),
        ("{{.Name .Count}}", "can't give argument"),
        ("{{range .Name}}{{end}}", "can't iterate"),
        ("{{join .Count}}", "--format"),
        ("{{index .Signers 7}}", "--format"),
        ("{{upper .Count}}", "--format"),
        ("{{(.Name}}", "unclosed ("),
        ("{{.Name)}}", "unexpected )"),
        ("{{.Name | }}", "missing value"),
        ("{{%}}", "not understood"),
        ("{{if 1}}" * 40 + "{{end}}" * 40, "too deep"),
        ("x" * 70_000, "too long"),
    ],
)
def test_a_template_that_means_nothing_is_refused_with_its_reason(template, reason):
    with pytest.raises(RequestInvalidError) as refused:
        render(template, VALUE)
    assert reason in str(refused.value)
