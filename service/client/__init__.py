"""What `service.endpoint` is made of: an asynchronous client of the management API, or of a daemon that serves it.

It is for programs of other people, and so behaves as `huggingface_hub` does wherever their code could tell: it uses
that library's own sessions, headers, errors and enumerations. The daemon itself never uses it: its own client, in
`service.huggingface`, masks every document and retries, and this one does neither.
"""
