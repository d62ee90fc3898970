# Room: public.
public-problem-forbidden = Not allowed
public-problem-absent = Nothing here
public-problem-fault = Our fault
public-problem-other = That did not work
public-problem-name = Name
public-problem-request = Request
public-problem-logged = Logged as
public-problem-back = Back to the start
