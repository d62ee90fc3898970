# Room: public.
