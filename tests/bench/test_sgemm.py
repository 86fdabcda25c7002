from bench.sgemm import measure_sgemm, measure_sgemm_alone


def test_the_matrix_product_has_a_speed_here_and_alone() -> None:
    assert measure_sgemm(64, 3) > 0
    assert measure_sgemm_alone() > 0
