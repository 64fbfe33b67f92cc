import type { Retry } from './situation.ts'

/** What a problem is, for whoever meets it: the text of its page under `/problems`. */
export interface CatalogueEntry {
  readonly title: string
  readonly meaning: string
  /** What the transcript or the answer shows, in the words of real servers. */
  readonly looksLike: readonly { readonly server: string; readonly lines: readonly string[] }[]
  readonly causes: readonly string[]
  /** What whoever made the call can do. */
  readonly callers: readonly string[]
  /** What whoever runs the mail server can do; for problems of this service, whoever runs it. */
  readonly administrators: readonly string[]
  readonly retry: Retry
  readonly references: readonly string[]
}
