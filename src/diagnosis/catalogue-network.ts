import type { CatalogueEntry } from './catalogue-entry.ts'

/** Names, addresses, connections: there was no server to speak with, or no longer. */
export const NETWORK_PAGES = {
  'dns-not-found': {
    title: 'The name does not exist in the DNS',
    meaning:
      'The DNS answered, and says that this name does not exist or has no address. There was nothing to connect to.',
    looksLike: [
      {
        server: 'this service',
        lines: [
          'dns: mail.exmaple.com: ENOTFOUND',
          'dns: example.com: ENODATA (the name exists and has no address)',
        ],
      },
    ],
    causes: [
      'The name is misspelt.',
      'The name is known only inside another network.',
      'The domain has lapsed, or its records were removed.',
    ],
    callers: [
      'Check the spelling of `server`, or of the domain behind the @ in the recipient.',
      'Give the server of a domain, not the domain itself: often `mail.` or `smtp.` belongs in front.',
    ],
    administrators: [
      'Publish an A or AAAA record for the server, and for a domain that takes mail an MX record that points to it.',
    ],
    retry: 'changed',
    references: ['RFC 5321 §5.1', 'RFC 1035 §4.1.1'],
  },
  'dns-failure': {
    title: 'The DNS did not answer',
    meaning:
      'The question for the name or its MX records got no usable answer. Whether the name exists is not known.',
    looksLike: [
      {
        server: 'this service',
        lines: [
          'dns: mail.example.com: ESERVFAIL',
          'dns: mail.example.com: EAI_AGAIN',
          'dns: no answer within 10 s',
        ],
      },
    ],
    causes: [
      'The name servers of the domain are down or broken, or its DNSSEC signatures are.',
      'The resolver that this service uses cannot be reached.',
    ],
    callers: [
      'Try again in a few minutes.',
      'Give the address of the server instead of its name, to get round the DNS.',
    ],
    administrators: [
      'Check the name servers of the domain, and its DNSSEC, with a DNS checking tool.',
      'Whoever runs this service can name other resolvers in `MAILWIRE_DNS_SERVERS`.',
    ],
    retry: 'later',
    references: ['RFC 5321 §5.1', 'RFC 1035 §4.1.1'],
  },
  'null-mx': {
    title: 'The domain takes no mail',
    meaning:
      'The domain publishes a null MX record: a lone dot as its mail server. That is its way to say that no address in it takes mail, and nothing is to be tried.',
    looksLike: [
      { server: 'this service', lines: ['example.com. MX 0 .'] },
      {
        server: 'Postfix',
        lines: [
          '556 5.1.10 <bob@example.com>: Recipient address rejected: Domain example.com does not accept mail (nullMX)',
        ],
      },
    ],
    causes: [
      'The domain is used for web pages or for sending only.',
      'The domain in the address is not the one that was meant.',
    ],
    callers: ['Check the domain in the address, and ask the recipient for another one.'],
    administrators: [
      'Replace the null MX by the MX records of a mail server, if the domain is meant to take mail.',
    ],
    retry: 'no',
    references: ['RFC 7505 §3', 'RFC 7505 §4.2'],
  },
  'connection-refused': {
    title: 'Nothing listens on the port',
    meaning:
      'The host was reached and refused the connection: no program listens on that port, or a firewall answers in its place.',
    looksLike: [{ server: 'this service', lines: ['connect: 192.0.2.7:25: ECONNREFUSED'] }],
    causes: [
      'The port is wrong.',
      'The mail server is not running, or listens on other addresses only.',
      'A firewall rejects the connection.',
    ],
    callers: [
      'Check the port: 25 and 587 for SMTP, 465 for SMTP with TLS from the first byte, 110 for POP3, 995 for POP3 with TLS.',
    ],
    administrators: [
      'Check that the server runs and listens on this address and port (`ss -ltn`), and what the firewall does.',
    ],
    retry: 'changed',
    references: ['RFC 6409 §3.1', 'RFC 8314 §7.3'],
  },
  'connection-timeout': {
    title: 'The connection was not answered',
    meaning:
      'The attempt to connect got no answer at all, neither yes nor no, within its time limit. Something drops the packets.',
    looksLike: [
      {
        server: 'this service',
        lines: ['connect: 192.0.2.7:25: ETIMEDOUT', 'no connection to 192.0.2.7:25 within 30 s'],
      },
    ],
    causes: [
      'Port 25 outward is blocked: most hosting providers and all access providers do that against spam.',
      'A firewall in front of the server drops the connection.',
      'The host is down, or the address is an old one.',
    ],
    callers: [
      'On port 25: send by the submission port of your own mail server (587 or 465, with `auth`), or ask the hosting provider to open port 25.',
      'Try another port, and the same call from another network.',
    ],
    administrators: [
      'Check that the firewall lets this client in, and that the address in the DNS is the current one.',
    ],
    retry: 'changed',
    references: ['RFC 6409 §3.1', 'RFC 5321 §4.5.4.1'],
  },
  'network-unreachable': {
    title: 'No way to the address',
    meaning:
      'The network has no way to the address, or this host may not use it. The server itself was not asked.',
    looksLike: [
      {
        server: 'this service',
        lines: ['connect: [2001:db8::7]:25: ENETUNREACH', 'connect: 192.0.2.7:25: EHOSTUNREACH'],
      },
    ],
    causes: [
      'The address is IPv6 and this network has none, or the other way round.',
      'The address is private and belongs to another network.',
      'A route or the host is down.',
    ],
    callers: [
      'Give an address of the other family, or a name that has one.',
      'Check that the address can be reached from where this service runs.',
    ],
    administrators: ['Publish an A record beside the AAAA record.'],
    retry: 'changed',
    references: ['RFC 5321 §5.1'],
  },
  'connection-closed': {
    title: 'The server hung up',
    meaning:
      'The connection ended in the middle of the session, without the reply that was due, or with the notice that the server had waited too long. What the server had said until then is in the transcript.',
    looksLike: [
      { server: 'this service', lines: ['the server closed the connection before the greeting'] },
      { server: 'Postfix', lines: ['421 4.4.2 mail.example.com Error: timeout exceeded'] },
      { server: 'UW POP3', lines: ['-ERR Autologout; idle for too long'] },
    ],
    causes: [
      'Before the greeting: the server does not want this address, is overloaded, or expects TLS from the first byte.',
      'After a login: some servers hang up on wrong credentials instead of answering.',
      'Later: a limit of the server, a crash, or a firewall between.',
    ],
    callers: [
      'Look at the last entries of the transcript for what it happened after.',
      'Try again once; where it happens at the same place each time, something there is not wanted.',
    ],
    administrators: ['Look for this session in the log of the server: it says why it ended.'],
    retry: 'later',
    references: ['RFC 5321 §3.8', 'RFC 1939 §3'],
  },
  'target-not-allowed': {
    title: 'This target is not allowed',
    meaning: 'The rules of this service forbid connections to this address or port. Nothing was sent there.',
    looksLike: [
      {
        server: 'this service',
        lines: [
          '403: the egress policy does not allow this target: MAILWIRE_EGRESS_ALLOW=10.0.0.5:25 would allow it',
        ],
      },
    ],
    causes: [
      'The address is private, loopback or otherwise not public.',
      'The port is none of those on which mail is spoken.',
    ],
    callers: [
      'Use a server that whoever runs this service has configured, by its name.',
      'Or ask them to allow this target.',
    ],
    administrators: [
      'Whoever runs this service can allow the target in `MAILWIRE_EGRESS_ALLOW` or `MAILWIRE_EGRESS_PORTS`, or configure it as a server.',
    ],
    retry: 'changed',
    references: ['RFC 6890 §2.2.2'],
  },
  'caller-left': {
    title: 'The caller went away',
    meaning:
      'The HTTP connection of the call was closed before the mail session was through, so the session was ended. The message had not been handed over.',
    looksLike: [{ server: 'this service', lines: ['the caller has left'] }],
    causes: [
      'The client has a shorter time limit than the mail server needs.',
      'A proxy between ended the call.',
    ],
    callers: ['Give the HTTP client more time than `timeouts.total`.'],
    administrators: [],
    retry: 'later',
    references: ['RFC 5321 §3.8'],
  },
} as const satisfies Record<string, CatalogueEntry>
