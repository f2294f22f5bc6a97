"""What came of choosing: uplift against the comparison group, pictures, styles, other policies, and why.

report      everything over a period; what the admin and ``prodgen_report`` show
evidence    decisions that stay true however often one looks
comparison  pictures and styles, each against what might have been shown in its place
estimators  what a policy that never ran would have earned, by the log; `others` asks them
why         why a visitor sees a picture, in words
"""
