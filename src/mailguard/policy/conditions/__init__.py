"""The conditions of the policy language, one file per subject. Each looks at a View and answers with a Result;
none fails.
"""
