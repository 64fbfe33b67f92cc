import { existsSync } from 'node:fs'
import { describe, test } from 'vitest'

/** What the servers need, and the Debian package that brings it. */
const needed = {
  '/usr/lib/postfix/sbin/master': 'postfix',
  '/usr/lib/dovecot/pop3': 'dovecot-pop3d',
  '/usr/lib/dovecot/lmtp': 'dovecot-lmtpd',
}

/** Paths that have to exist, and the Debian packages that bring them. */
export type Needs = Readonly<Record<string, string>>

export interface Surroundings {
  readonly exists: (path: string) => boolean
  readonly uid: number | undefined
  /** Besides what Postfix and Dovecot need. */
  readonly more?: Needs
}

/** Why real mail servers cannot be started here, in one line; nothing where they can. */
export function obstacle({ exists, uid, more = {} }: Surroundings): string | undefined {
  const missing = Object.entries({ ...needed, ...more }).flatMap(([path, name]) =>
    exists(path) ? [] : [name],
  )
  if (missing.length > 0) {
    return `not installed: ${missing.join(', ')} (apt-get install ${missing.join(' ')})`
  }
  if (uid !== 0) return 'Postfix and Dovecot start as root only'
  return undefined
}

/**
 * A group of tests against real mail servers. Where these cannot run the tests are skipped and stderr says why; in CI,
 * which installs what is needed, that is a failure instead.
 */
export function interop(name: string, tests: () => void, more: Needs = {}): void {
  const why = obstacle({ exists: existsSync, uid: process.getuid?.(), more })
  if (why === undefined) {
    describe(name, tests)
  } else if (process.env['CI'] === 'true') {
    test(name, () => {
      throw new Error(`real mail servers cannot be started here: ${why}`)
    })
  } else {
    process.stderr.write(`interop: "${name}" is skipped, ${why}\n`)
    describe.skip(name, tests)
  }
}
