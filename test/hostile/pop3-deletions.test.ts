import { POP3 } from './pop3-area.ts'
import { DELETION_CASES } from './pop3-deletions.cases.ts'
import { runCases } from './run-cases.ts'

runCases(POP3, DELETION_CASES)
