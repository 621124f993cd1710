"""ROOM: who writes to whom, remembered: the model in force, how it learns, and its snapshot on disk.

`room` is the model at work beside mail that flows, `moment` has mails judged together, `model` is its file and how one
experience changes it, `aside` what a command does to the file: archives learnt, another node's model taken in, a person
forgotten. Of the processes on a ledger one has the model: `answering` is where it is asked, `asking` what the others
have instead, `wire` what they say.
Nothing is imported here: the model's tables would take from the banner's time.
"""
