"""What a person types of a patient: the record itself and the dated facts about them, by the rules of their files.

Whether anything may be billed is decided elsewhere."""
