import { chownSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Issued } from '../../support/certificates.ts'
import { accounts, domain, hostname } from './accounts.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import { freePorts } from './ports.ts'

export interface DovecotOptions {
  readonly certificate: Issued
  /** `refused`: passwords in the clear only over TLS. Then it listens on 127.0.0.2. */
  readonly plaintext?: 'allowed' | 'refused'
  /**
   * What happens to a second session of one mailbox: by itself Dovecot lets it wait 12 s before it says [IN-USE].
   * `refused` says so as soon as the first session is counted, which is after a command or two of it.
   */
  readonly secondSession?: 'waits' | 'refused'
  /** Where it asks whose a token is (RFC 7662); then it offers XOAUTH2 and OAUTHBEARER. */
  readonly introspection?: string
  /** PEM: whoever shows a certificate of this authority logs in by EXTERNAL, as the certificate's name. */
  readonly clientAuthority?: string
  /** Takes mail from those who have logged in, and hands it to this port of 127.0.0.1. */
  readonly submissionTo?: number
  /** Further settings of dovecot.conf, or others in place of these. */
  readonly settings?: Readonly<Record<string, string>>
}

/** What `submissionTo` needs besides. */
export const SUBMISSION = { '/usr/lib/dovecot/submission': 'dovecot-submissiond' }

/** POP3 in the clear with STLS, POP3 over TLS, LMTP, and the accounts for Postfix's AUTH. */
export interface Dovecot extends Daemon {
  readonly host: string
  readonly pop3: number
  readonly pop3s: number
  readonly lmtp: number
  readonly submission: number
  /** Path of the socket by which Postfix asks about passwords. */
  readonly authSocket: string
  /** Lays a message into a mailbox, octet for octet, and no server adds a header. */
  put(user: string, message: string | Buffer): void
}

/** Every mailbox belongs to this user; a number does, it needs no name. */
const MAIL_UID = 5000

export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  // a client of the server's own address counts as secure, whatever disable_plaintext_auth says
  const host = options.plaintext === 'refused' ? '127.0.0.2' : '127.0.0.1'
  let ports = { pop3: 0, pop3s: 0, lmtp: 0, submission: 0 }
  let put = 0
  const daemon = await startDaemon({
    name: 'dovecot',
    prepare: async (folder) => {
      const [pop3 = 0, pop3s = 0, lmtp = 0, submission = 0] = await freePorts(4)
      ports = { pop3, pop3s, lmtp, submission }
      writeFileSync(join(folder, 'key.pem'), options.certificate.key, { mode: 0o600 })
      writeFileSync(join(folder, 'cert.pem'), options.certificate.cert)
      writeFileSync(join(folder, 'users'), passwdFile())
      if (options.introspection !== undefined) {
        writeFileSync(join(folder, 'oauth2.conf'), introspectionBy(options.introspection))
      }
      if (options.clientAuthority !== undefined) {
        writeFileSync(join(folder, 'clients.pem'), options.clientAuthority)
      }
      writeFileSync(join(folder, 'dovecot.conf'), configuration(folder, options, { ...ports, host }))
      for (const { name } of Object.values(accounts)) makeMaildir(homeIn(folder, name))
      return {
        command: '/usr/sbin/dovecot',
        args: ['-F', '-c', join(folder, 'dovecot.conf')],
        logFile: join(folder, 'dovecot.log'),
        probe: { host, port: pop3 },
      }
    },
  })
  return {
    ...daemon,
    ...ports,
    host,
    authSocket: authSocketIn(daemon.folder),
    put(user, message) {
      put += 1
      const maildir = join(homeIn(daemon.folder, user), 'Maildir')
      const unfinished = join(maildir, 'tmp', `${put}.test`)
      writeFileSync(unfinished, message)
      chownSync(unfinished, MAIL_UID, MAIL_UID)
      renameSync(unfinished, join(maildir, 'new', `${put}.test`))
    },
  }
}

function homeIn(folder: string, user: string): string {
  return join(folder, 'home', user)
}

function makeMaildir(home: string): void {
  const maildir = join(home, 'Maildir')
  for (const made of ['new', 'cur', 'tmp']) mkdirSync(join(maildir, made), { recursive: true })
  for (const made of ['new', 'cur', 'tmp', '.', '..']) chownSync(join(maildir, made), MAIL_UID, MAIL_UID)
}

function passwdFile(): string {
  // user:password:uid:gid:gecos:home:shell:extra
  const lines = Object.values(accounts).map(
    ({ name, password, extra }) => `${name}:{PLAIN}${password}::::::${extra}\n`,
  )
  return lines.join('')
}

function authSocketIn(folder: string): string {
  return join(folder, 'run', 'auth-postfix')
}

const BY_TOKEN = (folder: string): string => `
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${folder}/oauth2.conf
}`

/** With EXTERNAL the certificate is all there is to check. */
const BY_CERTIFICATE = `
passdb {
  driver = static
  mechanisms = external
  args = nopassword=yes
}`

function submissionOn(port: number): string {
  return `service submission-login {
  inet_listener submission {
    port = ${port}
  }
  inet_listener submissions {
    port = 0
  }
}`
}

function introspectionBy(url: string): string {
  return `introspection_mode = post
introspection_url = ${url}
username_attribute = username
active_attribute = active
active_value = true
force_introspection = yes
`
}

function configuration(
  folder: string,
  options: DovecotOptions,
  { host, pop3, pop3s, lmtp, submission }: Pick<Dovecot, 'host' | 'pop3' | 'pop3s' | 'lmtp' | 'submission'>,
): string {
  const {
    plaintext = 'allowed',
    secondSession = 'waits',
    introspection,
    clientAuthority,
    submissionTo,
    settings,
  } = options
  const lines = Object.entries({
    base_dir: `${folder}/run`,
    state_dir: `${folder}/state`,
    log_path: `${folder}/dovecot.log`,
    listen: host,
    protocols: submissionTo === undefined ? 'pop3 lmtp' : 'pop3 lmtp submission',
    ...(submissionTo === undefined
      ? {}
      : { submission_relay_host: '127.0.0.1', submission_relay_port: String(submissionTo) }),
    hostname,
    postmaster_address: `postmaster@${domain}`,
    ssl: 'yes',
    ssl_cert: `<${folder}/cert.pem`,
    ssl_key: `<${folder}/key.pem`,
    disable_plaintext_auth: plaintext === 'refused' ? 'yes' : 'no',
    // digest and SCRAM mechanisms work because the passwords are stored in the clear; APOP is never listed
    auth_mechanisms: [
      'plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256 apop',
      ...(introspection === undefined ? [] : ['xoauth2 oauthbearer']),
      ...(clientAuthority === undefined ? [] : ['external']),
    ].join(' '),
    ...(clientAuthority === undefined
      ? {}
      : {
          ssl_ca: `<${folder}/clients.pem`,
          ssl_require_crl: 'no',
          ssl_verify_client_cert: 'yes',
          auth_ssl_username_from_cert: 'yes',
        }),
    auth_username_format: '%Ln',
    auth_failure_delay: '0',
    mail_location: `maildir:~/Maildir`,
    mail_plugins: 'quota',
    first_valid_uid: String(MAIL_UID),
    pop3_lock_session: 'yes',
    mail_max_userip_connections: secondSession === 'refused' ? '1' : '50',
    default_process_limit: '20',
    default_client_limit: '200',
    ...settings,
  }).map(([name, value]) => `${name} = ${value}\n`)
  return `${lines.join('')}${introspection === undefined ? '' : BY_TOKEN(folder)}${clientAuthority === undefined ? '' : BY_CERTIFICATE}
passdb {
  driver = passwd-file
  args = username_format=%n ${folder}/users
}
userdb {
  driver = passwd-file
  args = username_format=%n ${folder}/users
  default_fields = uid=${MAIL_UID} gid=${MAIL_UID} home=${folder}/home/%n
}
plugin {
  quota = maildir:mailbox
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = ${pop3s}
    ssl = yes
  }
  # one process for all sessions instead of a new one for each
  service_count = 0
  process_min_avail = 1
}
${submissionTo === undefined ? '' : submissionOn(submission)}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${lmtp}
  }
}
service auth {
  unix_listener auth-postfix {
    mode = 0666
  }
}
# counts failures per address, and answers slower after each: every test comes from one address
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`
}
