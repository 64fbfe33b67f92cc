import type { MailHosts } from '../wire/mx.ts'

/**
 * Asks the DNS where mail for a domain goes; the domain as A-labels, or an address literal.
 * @throws {Unmet} `null-mx` when the domain says that it takes no mail
 * @throws {Fault} `dns` when there is no such domain, no usable host, or no answer
 */
export type FindMailHosts = (domain: string) => Promise<MailHosts>

/**
 * Asks the DNS for the addresses of a mail host, in the order in which they are to be tried; never empty.
 * @throws {Fault} `dns` when there is no such host, no address, or no answer
 */
export type FindAddresses = (host: string, family: 4 | 6 | undefined) => Promise<readonly string[]>
