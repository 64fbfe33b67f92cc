import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Issued } from '../../support/certificates.ts'
import { accounts, domain } from './accounts.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import { freePorts } from './ports.ts'

/** GNU Mailutils' POP3 server, with STLS, over mailboxes in mbox format; users log in with their whole address. */
export interface Mailutils extends Daemon {
  readonly pop3: number
  /** Lays these messages into a mailbox, in place of what was there. Lines end in LF. */
  put(user: string, messages: readonly string[]): void
}

/** What it needs, and the Debian package that brings it. */
export const MAILUTILS = { '/usr/sbin/pop3d': 'mailutils-pop3d' }

const MAIL_UID = 5000

export async function startMailutils(options: { readonly certificate: Issued }): Promise<Mailutils> {
  let port = 0
  const daemon = await startDaemon({
    name: 'mailutils',
    prepare: async (folder) => {
      const [free = 0] = await freePorts(1)
      port = free
      const logFile = join(folder, 'pop3d.log')
      writeFileSync(join(folder, 'key.pem'), options.certificate.key, { mode: 0o600 })
      writeFileSync(join(folder, 'cert.pem'), options.certificate.cert)
      mkdirSync(join(folder, 'passwd'))
      const lines = Object.values(accounts).map(({ name, password }) => {
        const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password })
          .toString()
          .trim()
        mkdirSync(join(folder, name))
        chownSync(join(folder, name), MAIL_UID, MAIL_UID)
        return `${name}:${hash}:${MAIL_UID}:${MAIL_UID}::${join(folder, name)}:/bin/sh\n`
      })
      writeFileSync(join(folder, 'passwd', domain), lines.join(''))
      writeFileSync(join(folder, 'pop3d.conf'), configuration(folder, port))
      return {
        command: '/bin/sh',
        args: ['-c', `exec /usr/sbin/pop3d --config-file="$0" 2>"$1"`, join(folder, 'pop3d.conf'), logFile],
        logFile,
        probe: { host: '127.0.0.1', port },
      }
    },
  })
  return {
    ...daemon,
    pop3: port,
    put: (user, messages) => {
      const path = join(daemon.folder, user, 'INBOX')
      const separator = 'From sender@elsewhere.test Mon Nov  2 09:00:00 2026\n'
      writeFileSync(path, messages.map((message) => `${separator}${message}\n`).join(''))
      chownSync(path, MAIL_UID, MAIL_UID)
    },
  }
}

function configuration(folder: string, port: number): string {
  return `mode daemon;
foreground yes;
logging { syslog no; }
auth {
  authentication clear;
  authentication generic:virtdomain;
  authorization clear;
  authorization virtdomain;
}
virtdomain { passwd-dir ${folder}/passwd; }
tls {
  ssl-certificate-file ${folder}/cert.pem;
  ssl-key-file ${folder}/key.pem;
}
pidfile ${folder}/pop3d.pid;
server 127.0.0.1:${port} { tls-mode ondemand; }
`
}
