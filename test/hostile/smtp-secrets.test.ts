import { runCases } from './run-cases.ts'
import { SMTP } from './smtp-area.ts'
import { SECRET_CASES } from './smtp-secrets.cases.ts'

runCases(SMTP, SECRET_CASES)
