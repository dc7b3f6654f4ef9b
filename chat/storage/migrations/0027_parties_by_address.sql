-- A guest who has lost the link asks for another by the address that they left.
CREATE INDEX talk_parties_by_email ON talk_parties (email) WHERE email IS NOT NULL;
CREATE INDEX talk_parties_by_phone ON talk_parties (phone) WHERE phone IS NOT NULL;
