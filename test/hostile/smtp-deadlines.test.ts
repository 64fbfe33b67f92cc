import { runCases } from './run-cases.ts'
import { SMTP } from './smtp-area.ts'
import { DEADLINE_CASES } from './smtp-deadlines.cases.ts'

runCases(SMTP, DEADLINE_CASES)
