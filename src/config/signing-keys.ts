import { z } from 'zod'
import { requireSigningKey, type SigningKey } from '../message/dkim.ts'
import { MessageError } from '../message/message-error.ts'
import { Secret } from '../text/secret.ts'
import { fileContent, type Sources } from './document.ts'

/** A key that messages may be signed with (DKIM), which callers ask for by its name. */
export function signingKey(sources: Sources) {
  return z
    .strictObject({ domain: z.string(), selector: z.string(), privateKeyFile: fileContent(sources) })
    .transform(({ domain, selector, privateKeyFile }, context): SigningKey => {
      const key = { domain, selector, privateKey: new Secret(privateKeyFile) }
      try {
        requireSigningKey(key)
      } catch (error) {
        if (!(error instanceof MessageError)) throw error
        const field = String(error.path.at(-1))
        const path = [field === 'privateKey' ? 'privateKeyFile' : field]
        context.addIssue({ code: 'custom', path, message: error.message })
      }
      return key
    })
}
