import { runCases } from './run-cases.ts'
import { SMTP } from './smtp-area.ts'
import { SHIFT_CASES } from './smtp-shifts.cases.ts'

runCases(SMTP, SHIFT_CASES)
