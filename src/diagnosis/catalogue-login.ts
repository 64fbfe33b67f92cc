import type { CatalogueEntry } from './catalogue-entry.ts'

/** EHLO, and the login. */
export const LOGIN_PAGES = {
  'hello-required': {
    title: 'The server wants EHLO or HELO first',
    meaning: 'A command was sent before the client had introduced itself.',
    looksLike: [
      { server: 'Postfix', lines: ['503 5.5.1 Error: send HELO/EHLO first'] },
      { server: 'Exchange', lines: ['503 5.5.2 Send hello first'] },
    ],
    causes: [
      'The steps of a script begin without EHLO, or leave it out after STARTTLS.',
      '`hello.verb` is `none`.',
    ],
    callers: ['Send EHLO before anything else, and again after STARTTLS.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 5321 §4.1.4', 'RFC 3207 §4.2'],
  },
  'hello-rejected': {
    title: 'The server does not accept the name in EHLO',
    meaning:
      'The server looked at the name with which this client introduced itself, and does not accept it. Some say so only at RCPT.',
    looksLike: [
      {
        server: 'Postfix',
        lines: [
          '504 5.5.2 <client>: Helo command rejected: need fully-qualified hostname',
          '450 4.7.1 <no-such-host.lab.test>: Helo command rejected: Host not found',
        ],
      },
      { server: 'Exim', lines: ['501 Syntactically invalid EHLO argument(s)'] },
    ],
    causes: [
      'The name is no full domain name, holds forbidden characters such as `_`, or does not exist in the DNS.',
      'The name is the server’s own.',
    ],
    callers: [
      'Set `hello.name` to a full domain name that resolves to the address this service connects from.',
    ],
    administrators: [
      'Relax the check of the name for clients that have logged in (Postfix: `smtpd_helo_restrictions`).',
    ],
    retry: 'changed',
    references: ['RFC 5321 §4.1.1.1', 'RFC 5321 §4.1.4'],
  },
  'auth-required': {
    title: 'The server wants a login',
    meaning: 'The server serves only clients that have logged in, and this session had not.',
    looksLike: [
      { server: 'any server', lines: ['530 5.7.0 Authentication required'] },
      {
        server: 'Exchange',
        lines: ['530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM'],
      },
      { server: 'OpenSMTPD', lines: ['530 5.5.1 Invalid command: Must issue an AUTH command first'] },
    ],
    causes: ['The port is one for submission, and the call had no `auth`.'],
    callers: ['Give `auth` with user and password or token.'],
    administrators: [
      'Allow this client’s address to send without a login, if it has to (Postfix: `mynetworks`; Exchange: an anonymous receive connector).',
    ],
    retry: 'changed',
    references: ['RFC 4954 §6', 'RFC 6409 §4.3'],
  },
  'auth-not-offered': {
    title: 'The server does not offer a login',
    meaning:
      'A login was asked for, and the server offers none on this connection. It was not left out silently: the session ended here.',
    looksLike: [
      { server: 'any server', lines: ['250-mail.example.com … (a reply to EHLO without AUTH)'] },
      { server: 'Postfix', lines: ['503 5.5.1 Error: authentication not enabled'] },
      { server: 'Exim', lines: ['503 AUTH command used when not advertised'] },
    ],
    causes: [
      'The port is for mail between servers (25); logins are taken on 587 and 465.',
      'Logins are offered only after STARTTLS.',
      'Logins are off.',
    ],
    callers: [
      'Use the submission port: `smtp://host:587` with `"tls": "required"`, or `smtps://host`.',
      'Leave `auth` out where none is needed.',
    ],
    administrators: ['Switch logins on for this port (Postfix: `smtpd_sasl_auth_enable=yes`).'],
    retry: 'changed',
    references: ['RFC 4954 §3', 'RFC 6409 §3.1'],
  },
  'auth-needs-tls': {
    title: 'The server takes a login only over TLS',
    meaning: 'The server does not take this login, or any, on a connection that is not encrypted.',
    looksLike: [
      {
        server: 'any server',
        lines: ['538 5.7.11 Encryption required for requested authentication mechanism'],
      },
      {
        server: 'Dovecot',
        lines: ['-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.'],
      },
      { server: 'Cyrus', lines: ['-ERR [AUTH] USER command only available under a layer'] },
      { server: 'Courier', lines: ['-ERR POP3 access disabled via insecure connection.'] },
    ],
    causes: ['The session was not encrypted.'],
    callers: ['Use `"tls": "required"`, or `smtps://` or `pop3s://`.'],
    administrators: [
      'Allow logins in the clear from trusted networks only (Dovecot: `disable_plaintext_auth`, `auth_allow_cleartext`).',
    ],
    retry: 'changed',
    references: ['RFC 4954 §4', 'RFC 8314 §3', 'RFC 2595 §2.1'],
  },
  'credentials-need-tls': {
    title: 'Credentials are not sent without verified TLS',
    meaning:
      'This service did not log in, because the password or token would have gone out in the clear, or to a server whose certificate does not verify. Not a byte of it was sent.',
    looksLike: [
      {
        server: 'this service',
        lines: ['422: credentials are not sent over a connection without verified TLS'],
      },
    ],
    causes: [
      'The server offers no TLS.',
      '`tls` is `off`.',
      'The certificate does not verify, and TLS was opportunistic.',
    ],
    callers: [
      'Use `"tls": "required"`, or `smtps://` or `pop3s://`, and a name that the certificate holds.',
      'Choose a mechanism that does not show the password, such as `scram-sha-256` or `cram-md5`.',
      'Where the way to the server is trusted, allow it: `auth.allowInsecure: true`, in a query `allowInsecureAuth=true`.',
    ],
    administrators: ['Give the server a certificate that clients trust, and offer STARTTLS.'],
    retry: 'changed',
    references: ['RFC 8314 §3', 'RFC 4954 §4', 'RFC 4616 §4'],
  },
  'credentials-rejected': {
    title: 'The login was refused',
    meaning:
      'The server did not accept user and password, or token. It does not say which of them is wrong, so that nobody can find out which users exist.',
    looksLike: [
      { server: 'Postfix', lines: ['535 5.7.8 Error: authentication failed: (reason unavailable)'] },
      { server: 'Exim', lines: ['535 Incorrect authentication data'] },
      { server: 'Exchange', lines: ['535 5.7.3 Authentication unsuccessful'] },
      { server: 'Gmail', lines: ['534 5.7.9 Application-specific password required.'] },
      { server: 'Dovecot', lines: ['-ERR [AUTH] Authentication failed.'] },
    ],
    causes: [
      'User or password is wrong.',
      'The user is wanted as a full address, or without the domain.',
      'The provider wants an app password or OAuth instead of the account’s password.',
      'The token has expired, or is for another account.',
    ],
    callers: [
      'Check user and password; try the full e-mail address as the user.',
      'With Gmail, Outlook, Yahoo and iCloud use an app password or an OAuth token.',
    ],
    administrators: ['Look for the attempt in the log: it tells a wrong password from an unknown user.'],
    retry: 'changed',
    references: ['RFC 4954 §6', 'RFC 1939 §7', 'RFC 3206 §5'],
  },
  'mechanism-not-supported': {
    title: 'The mechanism is not supported',
    meaning:
      'The login was to be done by a mechanism that the server does not offer or does not allow here. The credentials were not judged.',
    looksLike: [
      { server: 'Exchange', lines: ['504 5.7.4 Unrecognized authentication type'] },
      {
        server: 'Postfix',
        lines: ['535 5.7.8 Error: authentication failed: Invalid authentication mechanism'],
      },
      { server: 'Dovecot', lines: ['-ERR [AUTH] Unsupported authentication mechanism.'] },
    ],
    causes: [
      '`auth.mechanism` names one that the server does not have.',
      'The mechanism is offered only with TLS, or only without.',
    ],
    callers: ['Use `"mechanism": "auto"`, or one of those that the server lists.'],
    administrators: ['Enable the mechanism (Dovecot: `auth_mechanisms`; Cyrus SASL: `mech_list`).'],
    retry: 'changed',
    references: ['RFC 4954 §4', 'RFC 5034 §4'],
  },
  'auth-temporary-failure': {
    title: 'The login cannot be checked now',
    meaning: 'The server could not find out whether the credentials are right. They were not refused.',
    looksLike: [
      { server: 'Postfix', lines: ['454 4.7.0 Temporary authentication failure'] },
      { server: 'Exim', lines: ['435 Unable to authenticate at present'] },
    ],
    causes: ['The user database of the server is down or slow.'],
    callers: ['Try again later with the same credentials.'],
    administrators: ['Check the authentication service (Dovecot auth, LDAP, SQL) and the connection to it.'],
    retry: 'later',
    references: ['RFC 4954 §6', 'RFC 3206 §4'],
  },
  'auth-aborted': {
    title: 'The login was broken off',
    meaning:
      'The exchange ended before the server had judged the credentials: it was cancelled, or one side could not read what the other had sent.',
    looksLike: [
      {
        server: 'Postfix',
        lines: [
          '501 5.7.0 Authentication aborted',
          '535 5.7.8 Error: authentication failed: Invalid base64 data in initial response',
        ],
      },
      { server: 'Dovecot', lines: ['-ERR Authentication aborted by client.'] },
    ],
    causes: [
      'The challenge of the server could not be decoded, so the exchange was cancelled.',
      'In a script: the response is not valid base64.',
    ],
    callers: [
      'Try another mechanism, or `"initialResponse": "off"`.',
      'In a script: check the base64 of the response.',
    ],
    administrators: [],
    retry: 'changed',
    references: ['RFC 4954 §4', 'RFC 5034 §4'],
  },
  'account-disabled': {
    title: 'The account may not log in like this',
    meaning:
      'The server knows the account and does not let it in: it is suspended, or this way to log in is switched off for it.',
    looksLike: [
      {
        server: 'Office 365',
        lines: [
          '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.',
        ],
      },
      {
        server: 'Gmail',
        lines: [
          '-ERR [SYS/PERM] Your account is not enabled for POP access.',
          '-ERR [AUTH] Web login required',
        ],
      },
      { server: 'Courier', lines: ['-ERR POP3 access disabled for this account.'] },
    ],
    causes: [
      'POP3 or SMTP is switched off in the settings of the account.',
      'Logins by password are switched off for the organisation, and OAuth is wanted.',
      'The account is suspended, or waits for a login in the browser.',
    ],
    callers: [
      'Log in once in the browser, and switch POP3 or SMTP on in the settings of the account.',
      'Use OAuth: `auth.token`.',
    ],
    administrators: [
      'Enable POP3 or SMTP for the mailbox (Office 365: `Set-CASMailbox -SmtpClientAuthenticationDisabled $false`).',
    ],
    retry: 'changed',
    references: ['RFC 5248 §2.4', 'RFC 3206 §5'],
  },
  'too-many-auth-failures': {
    title: 'Too many failed logins',
    meaning:
      'The server takes no more logins from this client or for this account for a while. The credentials of this attempt were not judged.',
    looksLike: [
      { server: 'Gmail', lines: ['454 4.7.0 Too many login attempts, please try again later.'] },
      {
        server: 'any server',
        lines: [
          '421 4.7.0 Too many authentication failures',
          '-ERR [LOGIN-DELAY] Too many authentication attempts. Please try again later.',
        ],
      },
    ],
    causes: ['Several logins failed shortly before.', 'Another program goes on trying with an old password.'],
    callers: ['Stop trying, correct the credentials, wait.'],
    administrators: [
      'Find the failed logins in the log, and release the block (fail2ban, anvil) if they were honest.',
    ],
    retry: 'later',
    references: ['RFC 4954 §6', 'RFC 4954 §9'],
  },
} as const satisfies Record<string, CatalogueEntry>
