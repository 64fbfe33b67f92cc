import { runCases } from './run-cases.ts'
import { SMTP } from './smtp-area.ts'
import { OUTCOME_CASES } from './smtp-outcomes.cases.ts'

runCases(SMTP, OUTCOME_CASES)
