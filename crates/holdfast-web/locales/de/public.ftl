# Room: public.
public-problem-forbidden = Nicht erlaubt
public-problem-absent = Hier ist nichts
public-problem-fault = Unser Fehler
public-problem-other = Das hat nicht geklappt
public-problem-name = Name
public-problem-request = Anfrage
public-problem-logged = Protokolliert als
public-problem-back = Zum Anfang
