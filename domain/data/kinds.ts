import type { Entity } from '../kernel/entity.ts'
import { ownCalendar, workCalendar } from '../platform/calendar/index.ts'
import { role } from '../platform/role/index.ts'
import { team } from '../platform/team/index.ts'
import { user } from '../platform/user/index.ts'
import { workspace } from '../platform/workspace/index.ts'
import { consent, consentEntry, consentPolicy } from '../customer/consent/index.ts'
import { contact, employer } from '../customer/contact/index.ts'
import { customer } from '../customer/customer/index.ts'
import { interaction } from '../customer/interaction/index.ts'
import { history, purchase } from '../customer/purchase/index.ts'
import { backtest, backtestRun } from '../insight/backtest/index.ts'
import { cost, costRates, costTotals } from '../insight/cost/index.ts'
import { pyramidPolicy } from '../insight/pyramid/index.ts'
import { population } from '../insight/rfm/index.ts'
import { rhythm } from '../insight/rhythm/index.ts'
import { measurement, rating } from '../insight/satisfaction/index.ts'
import { insightSettings, model, recounting, score } from '../insight/statistics/index.ts'
import { tier, tierPolicy, tierRules, tierWalk, wordOfMouth } from '../insight/tier/index.ts'
import { docket, warning } from '../insight/warning/index.ts'
import { deal } from '../sales/deal/index.ts'
import { pipeline } from '../sales/pipeline/index.ts'
import { message, ticket } from '../service/ticket/index.ts'
import { cadence, revisitPolicy } from '../care/cadence/index.ts'
import { club, clubMember } from '../care/club/index.ts'
import { feed } from '../care/feed/index.ts'
import { festivalRun, greeting, greetingPolicy, wish } from '../care/greeting/index.ts'
import { guest, occasion } from '../care/occasion/index.ts'
import { accrual, points, pointsEntry, programme } from '../care/points/index.ts'
import { referral } from '../care/referral/index.ts'
import { redemption, reward } from '../care/reward/index.ts'
import { series } from '../care/series/index.ts'
import { task } from '../care/task/index.ts'
import { duplicate, scan } from './duplicate/index.ts'
import { bulkEdit, editLine } from './edit/index.ts'
import { merge } from './merging/index.ts'
import { replay } from './replay/index.ts'
import { clock, member, segment, segmentCount } from './segment/index.ts'
import { earlier, exporting, importing } from './transfer/index.ts'
import { view } from './view/index.ts'
import { webhook } from './webhook/index.ts'

/**
 * Every kind of record but those of the modules that use this list, for work that goes over all of a customer or all of the table: erasing, checking,
 * moving house. A list of its own, because the modules' lists would put every route into the functions that do it. A test holds
 * the two lists against each other.
 */
const listed: readonly Pick<Entity, 'noun' | 'prefix' | 'home'>[] = [
  ownCalendar,
  workCalendar,
  role,
  team,
  user,
  workspace,
  consent,
  consentEntry,
  consentPolicy,
  contact,
  employer,
  customer,
  interaction,
  history,
  purchase,
  backtest,
  backtestRun,
  cost,
  costRates,
  costTotals,
  pyramidPolicy,
  population,
  rhythm,
  measurement,
  rating,
  insightSettings,
  recounting,
  model,
  score,
  tier,
  tierPolicy,
  tierRules,
  tierWalk,
  docket,
  warning,
  deal,
  pipeline,
  message,
  ticket,
  cadence,
  revisitPolicy,
  club,
  clubMember,
  feed,
  festivalRun,
  greeting,
  greetingPolicy,
  wish,
  guest,
  occasion,
  accrual,
  points,
  pointsEntry,
  programme,
  referral,
  wordOfMouth,
  redemption,
  reward,
  series,
  task,
  merge,
  duplicate,
  scan,
  replay,
  earlier,
  importing,
  exporting,
  view,
  bulkEdit,
  editLine,
  segment,
  segmentCount,
  clock,
  member,
  webhook,
]

export const otherKinds = listed as readonly Entity[]
