import { forms } from '../support/secrets-watch.ts'

/** The password of every login here: with octets that each encoding spells in its own way. */
export const SECRET = 'Tr0ub4dor/horse+staple%& x'

/** An OAuth token: it knows no blanks. */
export const TOKEN = 'ya29.Tr0ub4dor/horse+staple-x=='

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** The password or the token in any form, among what a server has heard. */
export const SECRET_SAID = new RegExp([SECRET, TOKEN].flatMap(forms).map(literally).join('|'), 'i')
