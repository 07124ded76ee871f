"""The things of X-Road traffic: identifiers, messages in the inbox, what a referral is to a rule, errors."""
