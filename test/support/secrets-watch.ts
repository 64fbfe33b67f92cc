import { PASSWORD } from '../../src/sandbox/accounts.ts'
import { formsOf } from '../../src/text/secret.ts'

/** Every spelling in which a secret could slip out. */
export function forms(secret: string): string[] {
  return formsOf(Buffer.from(secret))
}

/** Remembers the secrets that requests hold, and everything that could give them away. */
export class SecretsWatch {
  readonly #secrets = new Set<string>()
  readonly #said: { readonly where: string; readonly text: string }[] = []

  /** A password or token, with the user it belongs to: both together are what PLAIN and Basic encode. */
  add(secret: string, user?: string): void {
    if (secret.length < 8 && secret !== PASSWORD && secret !== '')
      throw new Error('a secret so short is found everywhere: take a longer one')
    if (secret === '') return
    // the sandbox's password protects nothing and stands in its domain's name; encoded with its user it may not appear either
    if (secret !== PASSWORD) this.#secrets.add(secret)
    if (user !== undefined) this.#secrets.add(`${user}:${secret}`).add(`\0${user}\0${secret}`)
  }

  saw(where: string, text: string): void {
    this.#said.push({ where, text })
  }

  /** Where which spelling of a secret was said; nothing, when all is well. */
  leaks(): string[] {
    const searched = [...this.#secrets].flatMap((secret) =>
      forms(secret).map((form) => ({ secret, form, small: form.toLowerCase() })),
    )
    // servers repeat in capitals what they were told, and hex and percent encoding have two spellings
    const found = this.#said.flatMap(({ where, text }) => {
      const small = text.toLowerCase()
      return searched
        .filter((each) => small.includes(each.small))
        .map(({ secret, form }) => `${where} holds ${JSON.stringify(secret)} as ${form}`)
    })
    return [...new Set(found)]
  }
}
