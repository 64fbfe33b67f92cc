import type { CatalogueEntry } from './catalogue-entry.ts'

/** Problems with the call itself; no mail server is involved, or not yet. */
export const SERVICE_PAGES = {
  'invalid-request': {
    title: 'The request is not valid',
    meaning:
      'Fields or parameters of the call are missing, misspelt or of the wrong form. Nothing was connected. `errors[]` names each of them.',
    looksLike: [
      {
        server: 'this service',
        lines: [
          '400: { "errors": [ { "pointer": "/envelope/to/0", "detail": "…" } ] }',
          '400: { "errors": [ { "parameter": "lines", "detail": "…" } ] }',
        ],
      },
    ],
    causes: [
      'A field does not have the form that the documentation asks for.',
      'A field is not known: it may be misspelt.',
      'The body is not valid JSON.',
    ],
    callers: ['Correct the fields that `errors[]` names; `/docs` explains each of them.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 9110 §15.5.1', 'RFC 6901 §3'],
  },
  unauthorized: {
    title: 'A service key is missing',
    meaning: 'This service wants a key with each call, and the call had none, a wrong one, or several.',
    looksLike: [{ server: 'this service', lines: ['401: header X-API-Key is missing'] }],
    causes: ['The header `X-API-Key` is missing or holds another value.', 'The header was sent twice.'],
    callers: [
      'Send the key in the header `X-API-Key`. The login of the mailbox is another thing: that goes into HTTP Basic.',
    ],
    administrators: ['The accepted keys are in `MAILWIRE_API_KEYS`.'],
    retry: 'changed',
    references: ['RFC 9110 §15.5.2'],
  },
  'mailbox-credentials-missing': {
    title: 'The login of the mailbox is missing',
    meaning:
      'To read a mailbox, its user and password are needed, and the call had none. Nothing was connected.',
    looksLike: [{ server: 'this service', lines: ['401 with WWW-Authenticate: Basic'] }],
    causes: ['No HTTP Basic credentials were sent, and the configured server holds none.'],
    callers: ['Send user and password of the mailbox by HTTP Basic: `curl -u user:password`.'],
    administrators: ['A configured server can hold the credentials, so that callers need none.'],
    retry: 'changed',
    references: ['RFC 7617 §2', 'RFC 9110 §11.6.1'],
  },
  forbidden: {
    title: 'The call is not allowed',
    meaning: 'The call was understood and is not allowed here, whatever the credentials.',
    looksLike: [
      {
        server: 'this service',
        lines: ['403: the Host header names another host', '403: the Origin of the page is not allowed'],
      },
    ],
    causes: [
      'A web page of another origin made the call.',
      'The service is called by a name that it does not know as its own.',
    ],
    callers: ['Call the service by its own name or address, and not from a page of another site.'],
    administrators: ['Behind a proxy set `MAILWIRE_TRUST_PROXY`, so that the outer name is known.'],
    retry: 'changed',
    references: ['RFC 9110 §15.5.4', 'RFC 6454 §7'],
  },
  'not-found': {
    title: 'There is nothing at this path',
    meaning: 'This service has no route of this name. It says nothing about a message or a mailbox.',
    looksLike: [{ server: 'this service', lines: ['404: no route for GET /pop3/message'] }],
    causes: ['The path is misspelt.', 'A proxy in front adds or removes a part of the path.'],
    callers: ['Look up the routes in `/docs` or `/openapi.json`.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 9110 §15.5.5'],
  },
  'method-not-allowed': {
    title: 'The path does not know this method',
    meaning: 'The path exists, and not with this HTTP method. The header `Allow` lists those it has.',
    looksLike: [{ server: 'this service', lines: ['405 with Allow: POST'] }],
    causes: ['GET was used where POST is needed, or the other way round.'],
    callers: ['Use a method that `Allow` lists.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 9110 §15.5.6'],
  },
  'not-acceptable': {
    title: 'None of the accepted types can be given',
    meaning: 'The header `Accept` lists only types that this route does not have.',
    looksLike: [
      {
        server: 'this service',
        lines: ['406: application/json, text/plain and text/event-stream are available'],
      },
    ],
    causes: ['`Accept` is narrower than what the route gives.'],
    callers: ['Accept `application/json`, or leave the header out.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 9110 §15.5.7'],
  },
  'idempotency-conflict': {
    title: 'The same call is running',
    meaning: 'A call with the same `Idempotency-Key` is still at work. This one was not begun.',
    looksLike: [{ server: 'this service', lines: ['409: a call with this Idempotency-Key is running'] }],
    causes: ['The call was repeated before the first one had answered.'],
    callers: [
      'Wait for the first call, or repeat this one a little later: it then gets the first one’s answer.',
    ],
    administrators: [],
    retry: 'later',
    references: ['RFC 9110 §15.5.10'],
  },
  'request-timeout': {
    title: 'The body did not come in time',
    meaning:
      'The body of the call stopped coming, or took longer than the call may. Nothing was handed over to a mail server; a session that had begun was dropped before the end of the message.',
    looksLike: [{ server: 'this service', lines: ['408: no more of the message came within 60000 ms'] }],
    causes: [
      'The caller, or what lies between, stopped sending.',
      'The connection is too slow for the time limit.',
    ],
    callers: ['Send again; for a slow connection ask for more time with `dataTimeout` and `totalTimeout`.'],
    administrators: ['The limits are `MAILWIRE_DATA_TIMEOUT_MS` and `MAILWIRE_TOTAL_TIMEOUT_MS`.'],
    retry: 'later',
    references: ['RFC 9110 §15.5.9'],
  },
  'payload-too-large': {
    title: 'The body is too large',
    meaning:
      'The body of the call is larger than this service takes. Nothing was handed over to a mail server.',
    looksLike: [{ server: 'this service', lines: ['413: the body is larger than 71303168 octets'] }],
    causes: ['The message is larger than the limit of the service.'],
    callers: ['Send a smaller message. As `message/rfc822` it takes less than as base64 in JSON.'],
    administrators: ['The limit is `MAILWIRE_MAX_MESSAGE_BYTES`.'],
    retry: 'changed',
    references: ['RFC 9110 §15.5.14'],
  },
  'unsupported-media-type': {
    title: 'The type of the body is not read here',
    meaning: 'The header `Content-Type` or `Content-Encoding` names something that this route does not read.',
    looksLike: [{ server: 'this service', lines: ['415: application/json or message/rfc822 is expected'] }],
    causes: [
      '`Content-Type` is missing: curl then says `application/x-www-form-urlencoded`.',
      'The body is compressed.',
    ],
    callers: [
      'Set `Content-Type: application/json`, or `message/rfc822` for a raw message, and do not compress the body.',
    ],
    administrators: [],
    retry: 'changed',
    references: ['RFC 9110 §15.5.16'],
  },
  'idempotency-mismatch': {
    title: 'The key was used for another call',
    meaning:
      'The same `Idempotency-Key` came within a day with another body. To avoid answering the wrong call, nothing was sent.',
    looksLike: [{ server: 'this service', lines: ['422: this Idempotency-Key belongs to another request'] }],
    causes: ['The key is not made anew for each message.'],
    callers: ['Use a fresh key, such as a UUID, for each message.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 9110 §15.5.21'],
  },
  'too-many-calls': {
    title: 'Too many calls',
    meaning:
      'This key or address made more calls than are allowed in a minute, or has too many sessions with one mail server at a time. `Retry-After` says when to come again.',
    looksLike: [{ server: 'this service', lines: ['429 with Retry-After and RateLimit'] }],
    causes: ['A loop without a pause.', 'Several callers share one key or address.'],
    callers: ['Wait as long as `Retry-After` says.'],
    administrators: ['The limits are `MAILWIRE_RATE_LIMIT` and `MAILWIRE_MAX_SESSIONS_PER_TARGET`.'],
    retry: 'later',
    references: ['RFC 6585 §4'],
  },
  'internal-error': {
    title: 'A mistake in this service',
    meaning:
      'Something went wrong in the service itself. The call is not at fault. Whether a message was sent is not known from this answer.',
    looksLike: [{ server: 'this service', lines: ['500 with an id that is also in the log'] }],
    causes: ['A defect of the service.'],
    callers: ['Tell whoever runs the service, with the id of the answer.'],
    administrators: ['Look for the id in the log, and report the defect.'],
    retry: 'later',
    references: ['RFC 9110 §15.6.1'],
  },
  'shutting-down': {
    title: 'The service is full or stopping',
    meaning:
      'The service takes no new calls: it is being stopped, or runs as many sessions as it may. This call was not begun, or its session was ended before anything was handed over: nothing was sent, and nothing deleted.',
    looksLike: [{ server: 'this service', lines: ['503 with Retry-After', 'the service is shutting down'] }],
    causes: ['It is being restarted.', 'Many calls at once.'],
    callers: ['Try again after the time in `Retry-After`.'],
    administrators: [
      'The limit of sessions is `MAILWIRE_MAX_SESSIONS`; how long running ones may take to finish, `MAILWIRE_SHUTDOWN_GRACE_MS`.',
    ],
    retry: 'later',
    references: ['RFC 9110 §15.6.4'],
  },
  'key-limited': {
    title: 'This key may not do that',
    meaning:
      'The key is known, and it is given for less than this call asks for: for other kinds of calls, or for other mail servers. Nothing was connected.',
    looksLike: [
      {
        server: 'this service',
        lines: [
          '403: the key monitoring may not do what sends: its `may` does not list it',
          '403: the key monitoring may not use this mail server: its `targets` do not list it',
        ],
      },
    ],
    causes: [
      'The key belongs to a caller who needs less.',
      'The mail server was added, and the key’s list was not.',
    ],
    callers: ['Use the key that is meant for this, or ask whoever runs the service for more.'],
    administrators: [
      'What a key may do stands in the file of `MAILWIRE_KEYS_FILE`: `may`, `targets` and `rate`.',
    ],
    retry: 'changed',
    references: ['RFC 9110 §15.5.4'],
  },
} as const satisfies Record<string, CatalogueEntry>
