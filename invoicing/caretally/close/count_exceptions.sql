SELECT tenancy.count_exceptions(:vendor_id, :client_id, :client_month_id)
