import { chownSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Issued } from '../../support/certificates.ts'
import { accounts, domain, hostname } from './accounts.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import type { Dovecot } from './dovecot.ts'
import { freePorts } from './ports.ts'

export interface PostfixOptions {
  readonly certificate: Issued
  /** Takes what is delivered, and knows the passwords. */
  readonly dovecot: Pick<Dovecot, 'authSocket' | 'lmtp'>
  /** Octets. */
  readonly messageSizeLimit?: number
  /** Further parameters of main.cf, or others in place of these; a port's own `-o` stands above them. */
  readonly main?: Readonly<Record<string, string>>
}

/** A mail exchanger for lab.test, and its submission services. Mail for any other domain is thrown away. */
export interface Postfix extends Daemon, Readonly<Record<Port, number>> {}

type Port = (typeof ports)[number]

const ports = [
  /** As an MX: no AUTH, STARTTLS offered. */
  'smtp',
  /** STARTTLS required, then AUTH. */
  'submission',
  /** TLS from the first octet, then AUTH. */
  'smtps',
  /** AUTH in the clear and no TLS at all. */
  'plainAuth',
] as const

/** Recipients whom Postfix knows by name and refuses, in the words of servers in the field. */
const refusedRecipients = {
  [`greylisted@${domain}`]: '450 4.2.0 Greylisted, see http://postgrey.schweikert.ch/help/lab.test.html',
  [`busy@${domain}`]: '450 4.2.1 The mailbox is temporarily unavailable',
  [`full@${domain}`]: '552 5.2.2 Mailbox is full',
  [`closed@${domain}`]: '550 5.2.1 Mailbox disabled',
}

export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  let chosen = {} as Record<Port, number>
  const daemon = await startDaemon({
    name: 'postfix',
    prepare: async (folder) => {
      const free = await freePorts(ports.length)
      chosen = Object.fromEntries(ports.map((port, n) => [port, free[n]])) as Record<Port, number>
      makeFolders(folder)
      writeFileSync(join(folder, 'chain.pem'), options.certificate.key + options.certificate.cert, {
        mode: 0o600,
      })
      write(folder, 'recipients', table(refusedRecipients))
      write(folder, 'senders', table(refusedSenders))
      write(folder, 'content', table(refusedContent))
      write(folder, 'main.cf', mainCf(folder, options))
      write(folder, 'master.cf', masterCf(chosen))
      return {
        command: '/usr/lib/postfix/sbin/master',
        args: ['-s', '-c', folder],
        logFile: join(folder, 'postfix.log'),
        probe: { host: '127.0.0.1', port: chosen.smtp },
      }
    },
  })
  return { ...daemon, ...chosen }
}

const refusedSenders = {
  'spammer@blocked.example': '550 5.7.1 Sender blocked by policy',
  'blocked.example': 'REJECT',
}

/** A header with a word of our own, and GTUBE, the line every spam filter knows. */
const refusedContent = {
  '/^Subject:.*refuse this content/': 'REJECT message content rejected',
  '/XJS\\*C4JDBQADN1\\.NSBN3\\*2IDNEN\\*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL\\*C\\.34X/':
    'REJECT message content rejected',
}

function table(rows: Readonly<Record<string, string>>): string {
  return Object.entries(rows)
    .map(([key, value]) => `${key} ${value}\n`)
    .join('')
}

/** Dated an hour back: Postfix reads a file again and again, with pauses, until it is older than a second. */
function write(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), text)
  const past = new Date(Date.now() - 3_600_000)
  utimesSync(join(folder, name), past, past)
}

function mainCf(
  folder: string,
  { dovecot, messageSizeLimit = 20 * 1024 * 1024, main }: PostfixOptions,
): string {
  const users = Object.values(accounts).map(({ address }) => `{ ${address} = here }`)
  const parameters = {
    compatibility_level: '3.6',
    queue_directory: `${folder}/queue`,
    data_directory: `${folder}/data`,
    maillog_file: `${folder}/postfix.log`,
    maillog_file_prefixes: folder,
    myhostname: hostname,
    myorigin: domain,
    mydestination: '',
    // being on this machine gives no right to relay
    mynetworks: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    disable_dns_lookups: 'yes',
    smtpd_peername_lookup: 'no',
    alias_maps: '',
    alias_database: '',
    virtual_mailbox_domains: domain,
    virtual_mailbox_maps: `inline:{ ${users.join(', ')} }`,
    virtual_alias_maps: `inline:{ { postmaster@${domain} = ${accounts.alice.address} } }`,
    relocated_maps: `inline:{ { moved@${domain} = moved-to@other.test } }`,
    virtual_transport: `lmtp:inet:[127.0.0.1]:${dovecot.lmtp}`,
    // nothing leaves this machine
    default_transport: 'discard',
    relay_transport: 'discard',
    message_size_limit: String(messageSizeLimit),
    mailbox_size_limit: '0',
    virtual_mailbox_limit: '0',
    smtpd_relay_restrictions: 'permit_sasl_authenticated, reject_unauth_destination',
    smtpd_sender_restrictions: `check_sender_access texthash:${folder}/senders`,
    smtpd_recipient_restrictions: `check_recipient_access texthash:${folder}/recipients`,
    header_checks: `regexp:${folder}/content`,
    body_checks: `regexp:${folder}/content`,
    smtpd_sasl_type: 'dovecot',
    smtpd_sasl_path: dovecot.authSocket,
    smtpd_tls_chain_files: `${folder}/chain.pem`,
    smtpd_tls_security_level: 'may',
    // every test comes from one address, and makes its mistakes on purpose
    smtpd_client_connection_count_limit: '0',
    smtpd_error_sleep_time: '0',
    notify_classes: '',
    ...main,
  }
  return Object.entries(parameters)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')
}

function masterCf(chosen: Readonly<Record<Port, number>>): string {
  const own: Readonly<Record<Port, readonly string[]>> = {
    smtp: [],
    submission: ['smtpd_tls_security_level=encrypt', 'smtpd_sasl_auth_enable=yes', ...afterLogin],
    smtps: ['smtpd_tls_wrappermode=yes', 'smtpd_sasl_auth_enable=yes', ...afterLogin],
    plainAuth: ['smtpd_tls_security_level=none', 'smtpd_sasl_auth_enable=yes'],
  }
  const listeners = ports.map((port) => {
    const options = own[port].map((option) => ` -o ${option}`)
    return `127.0.0.1:${chosen[port]} inet n - n - - smtpd -o syslog_name=${port}${options.join('')}\n`
  })
  return listeners.join('') + services
}

const afterLogin = ['smtpd_relay_restrictions=permit_sasl_authenticated,reject']

const services = `postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
lmtp unix - - n - - lmtp
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
`

/** What `postfix check` makes, with the owners and modes of Debian's postfix-files. */
function makeFolders(folder: string): void {
  const postfix = idIn('/etc/passwd', 'postfix')
  const postdrop = idIn('/etc/group', 'postdrop')
  const queue = join(folder, 'queue')
  mkdirSync(join(queue, 'pid'), { recursive: true })
  const own = (path: string, mode: number, group: number) => {
    mkdirSync(path, { mode })
    chownSync(path, postfix, group)
  }
  for (const name of [
    'active',
    'bounce',
    'corrupt',
    'defer',
    'deferred',
    'flush',
    'hold',
    'incoming',
    'private',
    'trace',
  ]) {
    own(join(queue, name), 0o700, 0)
  }
  own(join(queue, 'maildrop'), 0o730, postdrop)
  own(join(queue, 'public'), 0o710, postdrop)
  own(join(folder, 'data'), 0o700, 0)
}

function idIn(file: string, name: string): number {
  const fields = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  return Number(fields.find(([entry]) => entry === name)?.[2])
}
