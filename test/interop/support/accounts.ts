/** Somebody with a mailbox on the servers of the interop tests. */
export interface Account {
  readonly name: string
  readonly address: string
  readonly password: string
  /** Further fields of Dovecot's passwd-file. */
  readonly extra: string
}

/** Where the accounts live, and the name by which the servers call themselves. */
export const domain = 'lab.test'
export const hostname = 'mail.lab.test'

/** Each password is a string of its own, so that a test can search an answer for it. */
export const accounts = {
  alice: account('alice', 'looking-glass-41'),
  bob: account('bob', 'builder of 7 bridges'),
  carol: account('carol', 'Weihnachtsgrüße-日本'),
  dave: account('dave', 'open-the-pod-bay-9000'),
  erin: account('erin', 'silent-spring-62'),
  frank: account('frank', 'tank-engine-24'),
  /** May not log in, and is told why. */
  suspended: account('suspended', 'unpaid-bill-3', 'nologin=y reason=Account_suspended'),
  /** Has no room left: LMTP takes the recipient and refuses the message. */
  full: account('full', 'brim-brim-5', 'userdb_quota_rule=*:bytes=1'),
} as const

function account(name: string, password: string, extra = ''): Account {
  return { name, address: `${name}@${domain}`, password, extra }
}
