import { POP3 } from './pop3-area.ts'
import { LISTING_CASES } from './pop3-listings.cases.ts'
import { runCases } from './run-cases.ts'

runCases(POP3, LISTING_CASES)
