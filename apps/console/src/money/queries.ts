import { graphql } from '../gql/index.ts';
import type { BudgetQuery, SavingsFiguresFragment, SavingsQuery } from '../gql/graphql.ts';

export const SavingsDocument = graphql(`
  query Savings($days: Int!) {
    savings(days: $days) {
      totals {
        ...SavingsFigures
      }
      days {
        ...SavingsFigures
      }
      arms {
        ...SavingsFigures
      }
      tools {
        tool
        calls
        scripted
        resultTokens
        otherInputTokens
      }
    }
  }
  fragment SavingsFigures on SavingsRow {
    key
    scripted
    answers
    unpricedAnswers
    measured {
      usedTokens
      usedCostMicros
      keptOutTokens
    }
    estimated {
      otherTokens
      otherCostMicros
      savedTokens
      savedCostMicros
    }
    losses {
      answers
      tokens
      costMicros
    }
  }
`);

export const BudgetDocument = graphql(`
  query Budget {
    budget {
      month
      mode
      spentMicros
      pilotMicros
      strongMicros
      webhookUrl
      emails
    }
  }
`);

export const SetBudgetDocument = graphql(`
  mutation SetBudget($input: BudgetInput!) {
    setBudget(input: $input) {
      budget {
        mode
      }
    }
  }
`);

export type SavingsRow = SavingsFiguresFragment;
export const RoiDocument = graphql(`
  query Roi($input: RoiInput!) {
    roi(input: $input) {
      currentMonthly
      codeMonthly
      monthlySavings
      annualSavings
      breakEvenMonths
    }
  }
`);

export type SavingsData = SavingsQuery['savings'];
export type ToolRow = SavingsData['tools'][number];
export type Budget = BudgetQuery['budget'];
