import { createPrivateKey, type KeyObject } from 'node:crypto'
import DKIM from 'nodemailer/lib/dkim'
import type { Secret } from '../text/secret.ts'
import { streamOf } from './long-content.ts'
import { MessageError } from './message-error.ts'

/** For whom a message is signed, and with what. */
export interface SigningKey {
  readonly domain: string
  readonly selector: string
  /** PEM; RSA of 1024 bits at least (RFC 8301 §3.2). */
  readonly privateKey: Secret
}

/** RFC 6376 §3.1: `selector = sub-domain *( "." sub-domain )` */
const LABELS = /^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*$/
const LEAST_BITS = 1024

/**
 * The message with a DKIM-Signature in front (RFC 6376, rsa-sha256, relaxed/relaxed).
 * @throws {MessageError} for a key that does not sign; nothing is ever sent unsigned instead
 */
export async function sign(blocks: readonly Buffer[], key: SigningKey): Promise<readonly Buffer[]> {
  const privateKey = requireSigningKey(key)
  const options = { domainName: key.domain, keySelector: key.selector, privateKey }
  const signed = new DKIM(options).sign(streamOf({ pieces: () => blocks }))
  // the field comes first and at one go; the rest is the message as it was
  for await (const beginning of signed) return [signatureIn(beginning as Buffer), ...blocks]
  throw new Error(NOT_SIGNED)
}

/** The library leaves a message as it is when its signing fails. */
function signatureIn(beginning: Buffer): Buffer {
  const field = /^DKIM-Signature:[\s\S]*?\r\n(?![ \t])/.exec(beginning.toString('latin1'))?.[0]
  if (field === undefined) throw new Error(NOT_SIGNED)
  return Buffer.from(field, 'latin1')
}

const NOT_SIGNED = 'the message was not signed'

/**
 * The key, ready to sign.
 * @throws {MessageError} for one that does not
 */
export function requireSigningKey(key: SigningKey): KeyObject {
  if (!LABELS.test(key.domain))
    throw new MessageError(['dkim', 'domain'], 'the signing domain is a domain name in ASCII')
  if (!LABELS.test(key.selector))
    throw new MessageError(['dkim', 'selector'], 'a selector is written like a domain name')
  return rsaKey(key.privateKey.reveal())
}

function rsaKey(pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (cause) {
    throw new MessageError(['dkim', 'privateKey'], 'the key is no private key in PEM without a passphrase', {
      cause,
    })
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (key.asymmetricKeyType !== 'rsa' || bits < LEAST_BITS) {
    throw new MessageError(
      ['dkim', 'privateKey'],
      `only RSA keys of ${LEAST_BITS} bits and more are signed with (RFC 8301 §3.2)`,
    )
  }
  return key
}
